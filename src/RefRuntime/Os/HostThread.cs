// What each thread of the host has: an identity, the depth of callbacks that it is in, and a buffer for its last error.
// All of it lies in the thread-local storage of the C shim: the system makes it with the thread and frees it with the
// thread, a forked child's thread keeps its parent's, and no managed allocation is behind it.
//
// Trap: these calls suppress the GC transition; inlined into an exported method they would leave the thread in the wrong
// mode. They are called from NoInlining methods below the exports only.

using System.Runtime.InteropServices;

namespace RefRuntime.Os;

internal static unsafe class HostThread
{
    /// <summary>Bytes of the buffer behind <see cref="ErrorBuffer"/>.</summary>
    public const int ErrorBufferBytes = 1024;

    /// <summary>The CallbackKind of a thread that is in the host's error handler.</summary>
    public const int InErrorHandler = 3;

    /// <summary>A non-null value that no other thread has, had or will have. Not an address.</summary>
    public static void* Token => rrhost_thread_token();

    /// <summary>How many callbacks of the host this thread is inside of, over all heaps.</summary>
    public static ref int CallbackDepth => ref *rrhost_callback_state();

    /// <summary>What kind of callback this thread's innermost is: 0, or as Lifetime/ForeignCode says. Kept by thread and not by heap, since
    /// under a GIL the callbacks of a heap are no stack.</summary>
    public static ref int CallbackKind => ref rrhost_callback_state()[1];

    /// <summary>Where this thread's last error is. All zero and not to be written if there was none.</summary>
    public static byte* ErrorBuffer => rrhost_error_buffer();

    /// <summary>The same, to begin an error in; from then on it is <see cref="ErrorBuffer"/>.</summary>
    public static byte* ErrorBufferToWrite => rrhost_error_buffer_to_write();

    /// <summary>Has the functions called around each fork: in the parent before and after, in the child after.</summary>
    public static void AtFork(
        delegate* unmanaged[Cdecl]<void> prepare, delegate* unmanaged[Cdecl]<void> parent, delegate* unmanaged[Cdecl]<void> child) =>
        _ = rrhost_at_fork(prepare, parent, child);

    [DllImport("rrhost")]
    private static extern int rrhost_at_fork(
        delegate* unmanaged[Cdecl]<void> prepare, delegate* unmanaged[Cdecl]<void> parent, delegate* unmanaged[Cdecl]<void> child);

    [DllImport("rrhost"), SuppressGCTransition]
    private static extern void* rrhost_thread_token();

    [DllImport("rrhost"), SuppressGCTransition]
    private static extern int* rrhost_callback_state();

    [DllImport("rrhost"), SuppressGCTransition]
    private static extern byte* rrhost_error_buffer();

    [DllImport("rrhost")]
    private static extern byte* rrhost_error_buffer_to_write();
}
