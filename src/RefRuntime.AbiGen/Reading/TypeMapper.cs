// From C# types to C types, and the refusal of everything that has no C counterpart. What a name stands for (typedef,
// plain integer, struct, callback) is told by the types collected before.

using System.Collections.Generic;
using System.Reflection.Metadata;
using RefRuntime.AbiGen.Model;

namespace RefRuntime.AbiGen.Reading;

/// <summary>Maps types that occur in signatures and fields.</summary>
internal sealed class TypeMapper
{
    private static readonly Dictionary<PrimitiveTypeCode, CType> s_primitives = new()
    {
        [PrimitiveTypeCode.Int32] = new IntegerType("int32_t", 4, true),
        [PrimitiveTypeCode.UInt32] = new IntegerType("uint32_t", 4, false),
        [PrimitiveTypeCode.Int64] = new IntegerType("int64_t", 8, true),
        [PrimitiveTypeCode.UInt64] = new IntegerType("uint64_t", 8, false),
        [PrimitiveTypeCode.UIntPtr] = new IntegerType("size_t", 8, false),
        [PrimitiveTypeCode.Double] = new DoubleType(),
    };

    private readonly Dictionary<string, CType> _values = [];
    private readonly Dictionary<string, StructType> _structs = [];
    private readonly Dictionary<string, (string CName, ClrFunctionPointer Signature)> _callbacks = [];

    public void AddEnum(string fullName, CType spelledAs) => _values[fullName] = spelledAs;

    public void AddStruct(string fullName, string cName, bool isOpaque) => _structs[fullName] = new StructType(cName, isOpaque);

    public void AddCallback(string fullName, string cName, ClrFunctionPointer signature) =>
        _callbacks[fullName] = (cName, signature);

    /// <summary>The integer behind an enum, or a refusal.</summary>
    public static IntegerType Underlying(ClrType type, string member) =>
        type is ClrPrimitive primitive && s_primitives.GetValueOrDefault(primitive.Code) is IntegerType integer
            ? integer
            : throw new AbiGenException(member, $"its underlying type is {type}; the ABI knows int, uint, long and ulong");

    /// <summary>The C type of a parameter, a return value or a field, with the attributes that stand on it.</summary>
    public CType Map(ClrType type, AttributeSet attributes, string member)
    {
        bool isConst = attributes.Has("Const");
        if (isConst && type is not ClrPointer)
        {
            throw new AbiGenException(member, $"is [Const] but {type} is no pointer");
        }

        object? callback = attributes.Argument("Callback");
        if (callback is not null && type is not ClrFunctionPointer)
        {
            throw new AbiGenException(member, $"is a [Callback] but {type} is no function pointer");
        }

        return type switch
        {
            ClrFunctionPointer pointer => MapCallback(pointer, (string?)callback, member),
            ClrPointer pointer => new PointerType(MapTarget(pointer.Target, isConst, member), isConst),
            _ => MapValue(type, member),
        };
    }

    private static AbiGenException Refuse(ClrType type, string member) => new(member, type switch
    {
        ClrPrimitive { Code: PrimitiveTypeCode.Boolean } => "bool has no fixed size in C; use int, 0 or 1",
        ClrPrimitive { Code: PrimitiveTypeCode.String } => "a string can't cross the boundary; use byte*",
        ClrPrimitive { Code: PrimitiveTypeCode.IntPtr } => "nint has no agreed spelling; use nuint, long or a pointer",
        _ => $"the type {type} can't cross the boundary",
    });

    private CType MapValue(ClrType type, string member) => type switch
    {
        ClrPrimitive { Code: PrimitiveTypeCode.Void } => new VoidType(),
        ClrPrimitive primitive when s_primitives.TryGetValue(primitive.Code, out CType? mapped) => mapped,
        ClrNamed named when _values.TryGetValue(named.FullName, out CType? value) => value,
        ClrNamed named when _structs.ContainsKey(named.FullName) =>
            throw new AbiGenException(member, $"the struct {named} crosses by value; pass a pointer"),
        ClrNamed named when _callbacks.ContainsKey(named.FullName) =>
            throw new AbiGenException(
                member, $"the delegate {named} can't cross the boundary; use delegate* unmanaged[Cdecl] with [Callback]"),
        ClrNamed named => throw new AbiGenException(
            member, $"the type {named} is unknown: no enum, struct or delegate with a [Section]"),
        _ => throw Refuse(type, member),
    };

    /// <summary>Where pointers point to pointers, const is said of all that lies behind the first: <c>const char *const *</c>.</summary>
    private CType MapTarget(ClrType target, bool isConst, string member) => target switch
    {
        ClrPrimitive { Code: PrimitiveTypeCode.Byte } => new CharType(),
        ClrPointer inner => new PointerType(MapTarget(inner.Target, isConst, member), isConst),
        ClrNamed named when _structs.TryGetValue(named.FullName, out StructType? type) => type,
        ClrFunctionPointer => throw new AbiGenException(member, "a pointer to a function pointer can't cross the boundary"),
        _ => MapValue(target, member),
    };

    private CallbackType MapCallback(ClrFunctionPointer pointer, string? delegateName, string member)
    {
        if (delegateName is null)
        {
            throw new AbiGenException(member, "is a function pointer without a [Callback] that names it");
        }

        if (!_callbacks.TryGetValue(delegateName, out (string CName, ClrFunctionPointer Signature) callback))
        {
            throw new AbiGenException(member, $"its [Callback] {delegateName} is no delegate with a [Section]");
        }

        return pointer == callback.Signature
            ? new CallbackType(callback.CName)
            : throw new AbiGenException(member, $"is {pointer}, but its [Callback] {delegateName} says {callback.Signature}");
    }
}
