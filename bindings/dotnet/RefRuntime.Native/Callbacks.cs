// The functions that the library calls back, one of each kind for the whole process. The library calls them on the thread that called
// it, inside that call. No exception may travel through it: each ends here and goes to the heap's CallbackException.

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RefRuntime.Native;

/// <summary>From the library to delegates.</summary>
internal static unsafe class Callbacks
{
    [ThreadStatic]
    private static int s_depth;

    /// <summary>Whether the calling thread is inside a callback.</summary>
    public static bool AreRunning => s_depth > 0;

    /// <summary>An rr_finalize_fn; user is the ObjectType.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Finalize(void* address, void* user) =>
        Run(address, user, static (heap, address, user) =>
        {
            if (heap is not null)
            {
                TypeOf(user).RunFinalizer(heap, (void*)address);
            }
        });

    /// <summary>An rr_destroy_fn; user is the ObjectType.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Destroy(void* address, void* user) =>
        Run(address, user, static (_, address, user) => TypeOf(user).RunDestroy((void*)address));

    /// <summary>An rr_weakref_fn; user is the number in the heap's table.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void TargetDied(void* weakReference, void* user) =>
        Run(weakReference, user, static (heap, address, user) =>
        {
            if (heap?.WeakCallbacks.Take(user) is { } callback)
            {
                using HeapWeakReference self = new(heap, Errors.Check(Raw.rr_newref((void*)address)));
                callback(self);
            }
        });

    private static ObjectType TypeOf(nint user) => (ObjectType)GCHandle.FromIntPtr(user).Target!;

    /// <summary>Works with the heap of an object; null when only native code knows it. What is thrown is reported.</summary>
    private static void Run(void* address, void* user, Action<Heap?, nint, nint> work)
    {
        s_depth++;
        Heap? heap = null;
        try
        {
            heap = Heap.Of(address);
            work(heap, (nint)address, (nint)user);
        }
        catch (Exception exception)
        {
            Heap.Report(heap, exception);
        }
        finally
        {
            s_depth--;
        }
    }
}

/// <summary>An exception that was thrown in a callback.</summary>
public sealed class CallbackExceptionEventArgs : EventArgs
{
    internal CallbackExceptionEventArgs(Exception exception) => Exception = exception;

    /// <summary>What was thrown.</summary>
    public Exception Exception { get; }
}

public sealed partial class Heap
{
    /// <summary>
    /// Hears of each exception that a finalizer, destroy callback or weak callback throws, on the thread it was thrown on. The
    /// callback is over then, and the call during which it ran goes on: the object dies all the same.
    /// </summary>
    /// <remarks>Without a handler such exceptions, and those of handlers, are written to standard error.</remarks>
    public event EventHandler<CallbackExceptionEventArgs>? CallbackException;

    internal static void Report(Heap? heap, Exception exception)
    {
        if (heap?.CallbackException is { } handlers)
        {
            try
            {
                handlers(heap, new CallbackExceptionEventArgs(exception));
                return;
            }
            catch (Exception another)
            {
                exception = new AggregateException(another, exception);
            }
        }

        Console.Error.WriteLine($"RefRuntime: an exception in a callback: {exception}");
    }
}
