// The host's own way of hearing of errors: a function that is called for each call that fails, process-wide.
//
// It is foreign code that runs where the library has just found something wrong, perhaps in the middle of an operation: it may
// read, and not change anything. An error that it makes itself is not reported to it again.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using RefRuntime.Abi;

namespace RefRuntime.Os;

internal static unsafe class ErrorHandler
{
    // Integers, since they are read and written by any thread. No initialisers: see LastError.
    private static nint s_function;
    private static nint s_user;

    public static bool IsSet => Volatile.Read(ref s_function) != 0;

    /// <summary>Null takes it away.</summary>
    public static void Set(delegate* unmanaged[Cdecl]<Status, byte*, void*, void*, void> function, void* user)
    {
        // Never the new function with the old user's data.
        Volatile.Write(ref s_function, 0);
        Volatile.Write(ref s_user, (nint)user);
        Volatile.Write(ref s_function, (nint)function);
    }

    /// <summary>Tells the host. False if nobody wants to hear of it, or it is the handler's own doing.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool TryCall(Status status, byte* message, void* value)
    {
        nint function = Volatile.Read(ref s_function);
        if (function == 0 || HostThread.CallbackKind == HostThread.InErrorHandler)
        {
            return false;
        }

        int saved = HostThread.CallbackKind;
        HostThread.CallbackKind = HostThread.InErrorHandler;
        HostThread.CallbackDepth++;
        ((delegate* unmanaged[Cdecl]<Status, byte*, void*, void*, void>)function)(status, message, value, (void*)Volatile.Read(ref s_user));
        HostThread.CallbackDepth--;
        HostThread.CallbackKind = saved;
        return true;
    }

    /// <summary>The end of the process, by the signal that debuggers and shells know.</summary>
    public static void Abort() => abort();

    [DllImport("libc")]
    private static extern void abort();
}
