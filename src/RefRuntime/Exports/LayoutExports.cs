// Exports: what inline calls rely on.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

/// <summary>
/// refruntime_inline.h has the frequent calls as inline functions. They know a little of how objects and heaps are laid
/// out, and so does whoever generates code; the rest of a program needs nothing of this section.
/// </summary>
/// <remarks>
/// <para>The layout may change with each release. Code that was compiled with another one asks rr_layout_check() before it
/// relies on it. What a compiler emits follows from rr_layout(), with header = the 64-bit word before the payload and
/// count = its low half, signed:</para>
/// <code>
/// incref   0 &lt; count &lt; INT32_MAX: header + 1.
/// decref   count > 1 and header &amp; header_quiet: header - 1.
///          header &amp; release_mask == release_value: entry = segment + page_table
///          + (((object &amp; segment_mask) >> page_shift) &lt;&lt; page_entry_shift); if the page's
///          state allows it, and free_count + 1 is not carved: header = 0, the block's first
///          word = the page's free, free = object, free_count + 1.
///          header &amp; node_mask == node_value, and slots of the type is not 0: decref what is in
///          the slots, as long as one of the above does it, and empty each; then as before.
/// alloc    entry = types[type]; bin = *(heap + heap_bins) + entry.bin_offset. If *bin is not
///          NULL and the entry's header is not 0: object = *bin, *bin = the first word of the
///          object, clear clear_bytes from there, the object's header = the entry's.
/// </code>
/// <para>In all other cases: the extern function. That is how the library gets to hear what it
/// has to: it empties bins, and counts below 1, as it needs. A heap may be used so by whom it belongs to.</para>
/// </remarks>
[Section(Section.Layout)]
internal static unsafe class LayoutExports
{
    /// <summary>Whether code that was compiled with the layout <paramref name="fingerprint"/> fits this library.</summary>
    /// <errors>RR_E_ABI if it does not.</errors>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_layout_check", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Check(ulong fingerprint) => LayoutOperations.Check(fingerprint);

    /// <summary>Tells the layout of this library, into <paramref name="out"/>.</summary>
    /// <errors>RR_E_ARGUMENT if <paramref name="out"/> is NULL or its struct_size too small; RR_E_NO_MEMORY.</errors>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_layout", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Layout(LayoutInfo* @out) => LayoutOperations.Layout(@out);
}
