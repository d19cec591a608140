// Types: made, and asked for.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class TypeOperations
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TypeId New(TypeInfo* info)
    {
        if (!Startup.TryInitialize())
        {
            LastError.Pointer(Status.NoMemory, "rr_type_new", "info", info, "needs memory that the system does not have");
            return TypeId.None;
        }

        if (TypeBuilder.TryBuild(info, out TypeDescriptor type) != Status.Ok)
        {
            return TypeId.None;
        }

        TypeId id = TypeRegistry.Add(type, out bool isFull);
        if (id == TypeId.None)
        {
            LastError.Pointer(Status.NoMemory, "rr_type_new", "info", info, isFull
                ? "is one type too many: the table is full"
                : "needs memory that the system does not have");
        }

        return id;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TypeId Of(void* payload)
    {
        if (Access.EnterToRead("rr_type_of", "object", payload) != Status.Ok)
        {
            return TypeId.None;
        }

        TypeId id = Header.TypeOf(Header.Word(payload));
        Access.Exit(payload);
        return id;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static byte* Name(TypeId type)
    {
        TypeDescriptor* descriptor = TypeRegistry.Find(type);
        if (descriptor == null)
        {
            LastError.Number(Status.Type, "rr_type_name", "type", (uint)type, "is no type");
            return null;
        }

        return descriptor->Name;
    }
}
