// Native stacks: where the host called from, and what the places are called. The C beside it (native/backtrace.c) says how.
//
// Start comes first, and only where the host has asked for diagnostics: it loads the system's unwinder.

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RefRuntime.Os;

/// <summary>What is known of a place in the code. The layout is that of struct rrhost_symbol.</summary>
internal unsafe struct CodePlace
{
    private const int NameBytes = 232;

#pragma warning disable CS0649 // The C writes them.

    /// <summary>The file of the module as the loader calls it; empty when the address lies in none.</summary>
    public byte* Module;

    /// <summary>Of the call, as addr2line wants it.</summary>
    public ulong ModuleOffset;

    /// <summary>Of the call in its function.</summary>
    public ulong FunctionOffset;
#pragma warning restore CS0649

    private fixed byte _function[NameBytes];

    /// <summary>The name of the function; empty when there is no symbol for it.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public ReadOnlySpan<byte> Function
    {
        get
        {
            ReadOnlySpan<byte> all = MemoryMarshal.CreateReadOnlySpan(ref _function[0], NameBytes);
            return all[..all.IndexOf((byte)0)];
        }
    }
}

internal static unsafe class Backtrace
{
    /// <summary>Frames that one trace keeps at most.</summary>
    public const int MaxFrames = 24;

    /// <summary>Loads the unwinder. False where the system has none: traces are empty there. May be called again.</summary>
    public static bool TryStart() => rrhost_backtrace_start() != 0;

    /// <summary>The return addresses of the host's frames, beginning with the caller of the library. Returns how many.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Capture(void** frames, int capacity) => rrhost_backtrace(frames, capacity);

    /// <summary>Names a return address.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Describe(void* address, CodePlace* place) => rrhost_symbolize(address, place);

    [DllImport("rrhost")]
    private static extern int rrhost_backtrace_start();

    [DllImport("rrhost")]
    private static extern int rrhost_backtrace(void** frames, int capacity);

    [DllImport("rrhost")]
    private static extern void rrhost_symbolize(void* address, CodePlace* place);
}
