// Exports: what is called from a debugger.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Diagnostics;

namespace RefRuntime.Exports;

[Section(Section.Diagnostics, Continues = true)]
internal static unsafe class DebugExports
{
    /// <summary>[any] Prints on standard error what <paramref name="pointer"/> leads to: an object with its type, count, state and
    /// references, a place inside one, freed memory, raw memory, a heap, or nothing of this library's. Of objects of a checked heap, living or
    /// not, it also says where they were allocated and released.</summary>
    /// <remarks>
    /// <para>Made to be called from a debugger, as in GDB's "call rr_debug_print(p)", or from a program that is puzzled. It takes no
    /// lock, may be called from any thread and in any callback, calls nothing of the host's, and changes nothing, not even
    /// rr_last_error(). Only where the program stands inside the library's own code, as after a crash there, must a debugger
    /// not call it, nor any other function: the process would end. There, and with a core file, use GDB's command "rr info p" of
    /// librefruntime.so-gdb.py, which calls nothing.</para>
    /// <para>While another thread changes the heap, what is printed may be torn. At most 24 references are shown.</para>
    /// </remarks>
    /// <returns>RR_OK if it is a live object; otherwise RR_E_NOT_OBJECT, which is an answer here and no error:
    /// rr_last_error() stays as it was.</returns>
    /// <cost>Some microseconds, most of them for writing.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_debug_print", CallConvs = [typeof(CallConvCdecl)])]
    public static Status DebugPrint([Const] void* pointer) => PointerReport.Print(pointer);
}
