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
    // Function and data change together, under the gate. Integers, since IsSet looks without it.
    private static Gate s_gate;
    private static nint s_function;
    private static nint s_user;

    public static ref Gate Gate => ref s_gate;

    public static bool IsSet => Volatile.Read(ref s_function) != 0;

    /// <summary>Null takes it away.</summary>
    public static void Set(delegate* unmanaged[Cdecl]<Status, byte*, void*, void*, void> function, void* user)
    {
        s_gate.Enter();
        s_user = (nint)user;
        Volatile.Write(ref s_function, (nint)function);
        s_gate.Exit();
    }

    /// <summary>Tells the host. False if nobody wants to hear of it, or it is the handler's own doing.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool TryCall(Status status, byte* message, void* value)
    {
        s_gate.Enter();
        nint function = s_function;
        void* user = (void*)s_user;
        s_gate.Exit();
        if (function == 0 || HostThread.CallbackKind == HostThread.InErrorHandler)
        {
            return false;
        }

        int saved = HostThread.CallbackKind;
        HostThread.CallbackKind = HostThread.InErrorHandler;
        HostThread.CallbackDepth++;
        ((delegate* unmanaged[Cdecl]<Status, byte*, void*, void*, void>)function)(status, message, value, user);
        HostThread.CallbackDepth--;
        HostThread.CallbackKind = saved;
        return true;
    }

    /// <summary>The end of the process, by the signal that debuggers and shells know.</summary>
    public static void Abort() => abort();

    [DllImport("libc")]
    private static extern void abort();
}
