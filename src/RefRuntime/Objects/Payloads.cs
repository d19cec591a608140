// Payloads that the runtime itself gives meaning to.

using System.Runtime.InteropServices;

namespace RefRuntime.Objects;

/// <summary>A list: its items lie in a raw block. Invariant: Count &lt;= Capacity; Items is null iff Capacity is 0.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ListPayload
{
    public void** Items;
    public ulong Count;
    public ulong Capacity;
}

/// <summary>
/// A weak reference. Invariant: Target is null, or the object's chain (WeakTable) contains this, in the order that WeakChain
/// says. While a callback is due, Target is null and Next links the pending ones.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct WeakRefPayload
{
    public void* Target;
    public WeakRefPayload* Next;
    public WeakRefPayload* Previous;
    public delegate* unmanaged[Cdecl]<void*, void*, void> Callback;
    public void* User;
}
