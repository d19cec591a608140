// Exports: hearing of errors, and the reference ledger. The section also says what a checked heap does.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

/// <summary>
/// A checked heap finds a release too much, a use after the end, a write past the end, an uncounted reference, and says
/// which object it was, where it was allocated, who released it last and who is calling. Make one with RR_HEAP_CHECKED; or set
/// REFRUNTIME_CHECK=1 in the environment of a program that is not to be recompiled: then all its heaps are checked, and the calls
/// that were compiled inline as well.
/// </summary>
/// <remarks>
/// <para><b>Misuse</b> of a checked heap, in whichever function it shows: a pointer to a freed object, or one that leads into
/// an object and not to its beginning (RR_E_NOT_OBJECT; only rr_is_object() and rr_try_incref(), which exist to ask, just
/// answer 0); a new reference to an object that is being destroyed, an allocation in a destroy callback, a change in a
/// traverse callback (RR_E_BUSY); a value of another heap, the release of a reference that is the library's, a tag that is not open
/// (RR_E_ARGUMENT); a call from a thread that may not make it (RR_E_WRONG_THREAD); and RR_E_CORRUPT: bytes written behind
/// the end of an object, over its header, or into one that was freed, a slot that refers to a freed object, more references in
/// slots than were counted. Where REFRUNTIME_CHECK is set, a pointer that leads into no heap at all is misuse too. Ordinary errors are all
/// others: memory that is used up, an index out of range, a wrong type, NULL.</para>
/// <para><b>When it is found.</b> A wrong pointer at the call it is given to. A write past the end at the next call with that object, when it
/// is freed, and by rr_collect(), rr_heap_verify() and rr_heap_free(). A write into a freed object when its memory is to be used
/// again, and by the same three; so are references that were not counted, at the latest when their holder
/// dies.</para>
/// <para><b>What happens.</b> Misuse is reported to the handler of rr_set_error_handler(); the call then fails with its status, or goes on
/// where it did nothing wrong itself. Without a handler the report goes to standard error and the process ends by abort(). A
/// report has stacks with function names where the modules have symbols, static functions too; for source lines give module
/// and offset to addr2line.</para>
/// <para><b>Under AddressSanitizer and Valgrind</b> all heaps are checked ones, unless the environment has REFRUNTIME_CHECK=0, and the tool
/// is told of every block: freed objects and raw memory, and the guards behind them, which raw memory has then too, are nobody's. So a
/// program built with -fsanitize=address stops at the line that touches them, in inline calls too; memcheck (on x86-64) also says
/// where they were allocated and freed, and which objects of heaps that are left nobody points to. LeakSanitizer does not know of them. Neither sees
/// what is wrong after a freed object has left the 8 MiB that wait.</para>
/// <para><b>What it costs.</b> Each call that counts, makes or frees takes its stack, about two microseconds; each object takes at least 16 guard bytes
/// and a record of 32, and up to 8 MiB of freed objects per heap wait before their memory is used again. rr_collect() and rr_heap_free() also look at every object
/// in the heap. The limit of a heap does not count the records. Raw memory of rr_mem_alloc() has no guards that the heap itself looks at. Heaps that are not checked pay nothing.</para>
/// </remarks>
[Section(Section.Misuse)]
internal static unsafe class MisuseExports
{
    /// <summary>Has <paramref name="handler"/> called, with <paramref name="user"/>, for each call in the process that fails; NULL restores the
    /// default.</summary>
    /// <remarks>The default is silence for ordinary errors, and a report and abort() for misuse of a checked heap. With a handler
    /// nothing is printed and nobody aborts but the handler itself. The statuses are what the calls answer all the same. Answers that are no
    /// errors, as the 0 of rr_is_object(), are not told. A call that is running on another thread may still use the handler that was
    /// there before.</remarks>
    /// <cost>Constant time.</cost>
    /// <threads>Any thread, at any time.</threads>
    [UnmanagedCallersOnly(EntryPoint = "rr_set_error_handler", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SetErrorHandler(
        [Callback(typeof(ErrorFn))] delegate* unmanaged[Cdecl]<Status, byte*, void*, void*, void> handler, void* user) =>
        LibraryOperations.SetErrorHandler(handler, user);

    /// <summary>Adds a reference to <paramref name="object"/> under a <paramref name="tag"/>, which says who takes it. NULL as object is a
    /// no-op.</summary>
    /// <remarks>In a checked heap the ledger keeps the tag with the stack of the call until rr_decref_tagged() gives it back; reports name the tags that are
    /// open. In other heaps it is rr_incref(). RR_HERE is a tag that names the place in the source.</remarks>
    /// <errors>As rr_incref(); RR_E_ARGUMENT if <paramref name="tag"/> is NULL; RR_E_NO_MEMORY if there is none for the
    /// ledger.</errors>
    /// <cost>Constant time, and proportional to the tags that are open on the object.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_incref_tagged", CallConvs = [typeof(CallConvCdecl)])]
    public static Status IncrefTagged([Any] void* @object, [Const] byte* tag) => LedgerOperations.Incref(@object, tag);

    /// <summary>Releases a reference to <paramref name="object"/> that was taken under the <paramref name="tag"/>. NULL as object is a
    /// no-op.</summary>
    /// <remarks>Tags are compared as strings. A reference that was taken under a tag may also be given back by rr_decref(): the tag
    /// then stays open.</remarks>
    /// <errors>As rr_decref(); RR_E_ARGUMENT if <paramref name="tag"/> is NULL or, in a checked heap, not open on the object, which is
    /// misuse: nothing is released then.</errors>
    /// <callbacks>May run finalizers, weak callbacks and destroy callbacks.</callbacks>
    /// <cost>As rr_decref(), and proportional to the tags that are open on the object.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_decref_tagged", CallConvs = [typeof(CallConvCdecl)])]
    public static Status DecrefTagged([Any] void* @object, [Const] byte* tag) => LedgerOperations.Decref(@object, tag);
}
