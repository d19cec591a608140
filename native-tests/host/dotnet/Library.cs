// The functions of refruntime.h that the program calls, as any C# program would declare them.

using System.Runtime.InteropServices;

namespace DotnetHost;

internal static unsafe partial class Program
{
    [DllImport("refruntime", EntryPoint = "rr_abi_version")]
    private static extern uint AbiVersion();

    [DllImport("refruntime", EntryPoint = "rr_last_error")]
    private static extern byte* LastError();

    [DllImport("refruntime", EntryPoint = "rr_type_new")]
    private static extern uint TypeNew(TypeInfo* info);

    [DllImport("refruntime", EntryPoint = "rr_heap_new")]
    private static extern void* HeapNew(HeapOptions* options);

    [DllImport("refruntime", EntryPoint = "rr_heap_free")]
    private static extern int HeapFree(void* heap);

    [DllImport("refruntime", EntryPoint = "rr_heap_verify")]
    private static extern int HeapVerify(void* heap);

    [DllImport("refruntime", EntryPoint = "rr_alloc")]
    private static extern void* Alloc(void* heap, uint type);

    [DllImport("refruntime", EntryPoint = "rr_store")]
    private static extern int Store(void** slot, void* value);

    [DllImport("refruntime", EntryPoint = "rr_decref")]
    private static extern int Decref(void* self);

    [DllImport("refruntime", EntryPoint = "rr_collect")]
    private static extern long Collect(void* heap);

    [DllImport("refruntime", EntryPoint = "rr_weakref_new")]
    private static extern void* WeakRefNew(void* self, delegate* unmanaged[Cdecl]<void*, void*, void> callback, void* user);

    [DllImport("refruntime", EntryPoint = "rr_weakref_get")]
    private static extern void* WeakRefGet(void* weak);

    [StructLayout(LayoutKind.Sequential)]
    private struct HeapOptions
    {
        public uint StructSize;
        public uint Flags;
        public ulong MaxBytes;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TypeInfo
    {
        public uint StructSize;
        public uint Flags;
        public byte* Name;
        public uint Size;
        public uint ItemSize;
        public uint* RefOffsets;
        public uint RefCount;
        public uint Reserved;
        public void* Traverse;
        public delegate* unmanaged[Cdecl]<void*, void*, void> Finalize;
        public delegate* unmanaged[Cdecl]<void*, void*, void> Destroy;
        public void* User;
        public void* Values;
    }
}
