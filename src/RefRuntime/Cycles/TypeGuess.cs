// The type of the next object, guessed to be that of the last: neighbours are often of one type, and the processor then need
// not wait for the header before it reads the slots.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Objects;

namespace RefRuntime.Cycles;

internal unsafe struct TypeGuess
{
    private TypeDescriptor* _type = TypeRegistry.Get(TypeId.None);
    private TypeId _id = TypeId.None;

    public TypeGuess()
    {
    }

    /// <summary>The descriptor of the type that the header word names.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TypeDescriptor* Of(ulong word) => Header.TypeOf(word) == _id ? _type : LookUp(Header.TypeOf(word));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private TypeDescriptor* LookUp(TypeId id)
    {
        _id = id;
        _type = TypeRegistry.Get(id);
        return _type;
    }
}
