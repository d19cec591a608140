// The types that model programs use: one of each shape that an object can have, with and without callbacks.
//
//   kind       references                                        callbacks            collector
//   Node       slots at 0 and 8
//   Record     items behind 8 bytes
//   Boxed      8-byte tagged values at 0 and 8, and as items
//   Union      16-byte tagged value at 0, and as items
//   Stored     slot at 0; traverse reports raw storage           traverse, destroy
//   Releasing  traverse reports raw storage                      all; self-releasing
//   Mortal     slots at 0 and 8                                  finalize, destroy
//   Acyclic    slot at 0                                         destroy              passes by
//   Will       none                                              finalize             leaf
//   Bytes, Tuple, List, WeakRef: the built-in types

namespace RefRuntime.Tests.Model;

internal enum Kind
{
    Node,
    Record,
    Boxed,
    Union,
    Stored,
    Releasing,
    Mortal,
    Acyclic,
    Will,
    Bytes,
    Tuple,
    List,
    WeakRef,
}

internal static class KindFacts
{
    public static bool HasFinalizer(this Kind kind) => kind is Kind.Mortal or Kind.Releasing or Kind.Will;

    public static bool HasDestroy(this Kind kind) => kind is Kind.Mortal or Kind.Releasing or Kind.Stored or Kind.Acyclic;

    /// <summary>Does rr_collect count objects of this kind?</summary>
    public static bool IsCounted(this Kind kind) => kind is not (Kind.Acyclic or Kind.Will or Kind.Bytes or Kind.WeakRef);

    public static bool IsContainer(this Kind kind) => kind is not (Kind.Will or Kind.Bytes or Kind.WeakRef);

    public static bool HasItems(this Kind kind) => kind is Kind.Record or Kind.Boxed or Kind.Union or Kind.Bytes or Kind.Tuple;

    /// <summary>Are some of its references in raw storage that only traverse reports?</summary>
    public static bool HasStorage(this Kind kind) => kind is Kind.Stored or Kind.Releasing;

    /// <summary>Reference slots of the fixed part.</summary>
    public static int FixedSlots(this Kind kind) => kind switch
    {
        Kind.Node or Kind.Boxed or Kind.Mortal => 2,
        Kind.Union or Kind.Stored or Kind.Acyclic => 1,
        _ => 0,
    };
}
