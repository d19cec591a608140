// What collections did when, as a trace that Perfetto (ui.perfetto.dev) and chrome://tracing open: the JSON Array Format of "Trace Event
// Format" (Google, 2016). One track for each heap:
//
//   pause                          what the program waited for at a time; it encloses
//     collection | trial | slice   each with its reason, and what it looked at and found
//   counters                       candidates before and after; bytes live and committed
//
// The file is the process's, and so is everything here. An event is text when it has been noted: the buffer of OutputFile is what
// keeps it, so that writing takes a system call for each three hundred collections, after the collection's time has been taken.
// Live bytes are counted from the page table; that is left out as often as it takes to keep it below a sixty-fourth of the time.
//
// Off, it costs a look at IsOn for each collection and each pause.
//
// Invariants
//   an array that is not closed is a trace for both viewers: what a crash leaves under the temporary name can be looked at
//   events are noted with the lock held; no foreign code runs then, and whoever holds it waits for the system alone:
//   errors are told when it has been left
//   a forked child leaves its parent's file alone

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Os;
using Environment = RefRuntime.Os.Environment;
using Mutex = RefRuntime.Os.Mutex;

namespace RefRuntime.Cycles;

internal enum TimelineEvent
{
    Collection,
    Trial,
    Slice,
}

internal static unsafe class Timeline
{
    private const string VariableName = "REFRUNTIME_TRACE";
    private const ulong CountingShare = 64;

    // No initialiser, as in SegmentMap.
    private static bool s_isOn;

    /// <summary>The lock, and behind it the path. Null before the first start; an integer because it is exchanged atomically.</summary>
    private static nint s_lock;
    private static OutputFile s_file;
    private static int s_process;

    /// <summary>Traces so far, and tracks of the last one.</summary>
    private static uint s_traces;
    private static uint s_tracks;
    private static bool s_isFirst;
    private static bool s_hasExit;

    /// <summary>1 if the environment has asked for the trace: then there is no caller to tell errors to.</summary>
    private static bool s_isByVariable;

    /// <summary>Asked without the lock. Whoever sees it on finds the lock, also on a machine that reads out of order.</summary>
    public static bool IsOn => Volatile.Read(ref s_isOn);

    private static Mutex* Lock => (Mutex*)s_lock;

    private static byte* Path => (byte*)s_lock + sizeof(Mutex);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Start(string function, byte* path)
    {
        if (path == null)
        {
            return LastError.Pointer(Status.Argument, function, "path", path, "is NULL");
        }

        if (!TryMakeLock())
        {
            return LastError.Number(Status.NoMemory, function, "a lock of", (uint)sizeof(Mutex), "bytes needs memory that the system does not have");
        }

        byte* told = stackalloc byte[HostProcess.PathBytes];
        Mutex.Enter(Lock);
        bool isBusy = s_isOn;
        bool isTooLong = !isBusy && !HostProcess.TryMakeAbsolute(path, Path);
        int error = isBusy || isTooLong ? 0 : Begin(function);
        CopyPath(told);
        Mutex.Exit(Lock);
        if (isBusy)
        {
            return LastError.Pointer(Status.Busy, function, "path", path, "has to wait: another trace is being written");
        }

        return isTooLong
            ? LastError.Pointer(Status.Argument, function, "path", path, "is too long")
            : OutputFile.Tell(function, told, error);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Stop(string function)
    {
        if (s_lock == 0)
        {
            return NoTrace(function);
        }

        byte* told = stackalloc byte[HostProcess.PathBytes];
        Mutex.Enter(Lock);
        bool wasOn = s_isOn;
        int error = wasOn ? End() : 0;
        CopyPath(told);
        Mutex.Exit(Lock);
        return wasOn ? OutputFile.Tell(function, told, error) : NoTrace(function);
    }

    /// <summary>At the start of the process: writes a trace if the environment says where to.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void StartAsAsked()
    {
        byte* path = Environment.Get(VariableName);
        if (path != null && path[0] != 0)
        {
            s_isByVariable = true;
            Tell(Start(VariableName, path));
        }
    }

    /// <summary>After a collection, or a part of one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void NoteCollection(HeapState* heap, in GcEvent gcEvent, ulong begun, TimelineEvent kind)
    {
        Mutex.Enter(Lock);
        if (s_isOn)
        {
            uint track = TrackOf(heap);
            BeginEvent(kind switch
            {
                TimelineEvent.Trial => "trial"u8,
                TimelineEvent.Slice => "slice"u8,
                _ => "collection"u8,
            });
            WriteSpan(begun, gcEvent.DurationNs, track);
            s_file.Write(",\"args\":{\"reason\":\""u8);
            s_file.Write(NameOf(gcEvent.Reason));
            s_file.Write("\",\"candidates\":"u8);
            s_file.Write(heap->CandidatesBefore);
            s_file.Write(",\"visited\":"u8);
            s_file.Write(gcEvent.Visited);
            s_file.Write(",\"collected\":"u8);
            s_file.Write(gcEvent.Collected);
            s_file.Write(",\"resurrected\":"u8);
            s_file.Write(gcEvent.Resurrected);
            s_file.Write("}}"u8);
            WriteCandidates(track, begun, heap->CandidatesBefore);
            WriteCandidates(track, begun + gcEvent.DurationNs, heap->Candidates);
            WriteBytes(heap, track, begun + gcEvent.DurationNs);
        }

        Mutex.Exit(Lock);
    }

    /// <summary>After a pause, whose beginning and end the heap has.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void NotePause(HeapState* heap)
    {
        Mutex.Enter(Lock);
        if (s_isOn)
        {
            uint track = TrackOf(heap);
            BeginEvent("pause"u8);
            WriteSpan(heap->PauseBegun, heap->PauseEnded - heap->PauseBegun, track);
            s_file.Write((byte)'}');
        }

        Mutex.Exit(Lock);
    }

    public static void BeforeFork()
    {
        if (s_lock != 0)
        {
            Mutex.Enter(Lock);
        }
    }

    public static void AfterForkInParent()
    {
        if (s_lock != 0)
        {
            Mutex.Exit(Lock);
        }
    }

    public static void AfterForkInChild()
    {
        if (s_lock != 0)
        {
            // Made anew: a recursive mutex knows its owner by a number that fork changes.
            Mutex.Initialize(Lock);
            if (s_isOn)
            {
                s_isOn = false;
                s_file.Forsake();
            }
        }
    }

    private static bool TryMakeLock()
    {
        if (Volatile.Read(ref s_lock) != 0)
        {
            return true;
        }

        byte* made = Memory.Reserve((ulong)sizeof(Mutex) + HostProcess.PathBytes, 16);
        if (made == null)
        {
            return false;
        }

        Mutex.Initialize((Mutex*)made);
        if (Interlocked.CompareExchange(ref s_lock, (nint)made, 0) != 0)
        {
            Memory.Release(made, (ulong)sizeof(Mutex) + HostProcess.PathBytes);
        }

        return true;
    }

    /// <summary>The path is overwritten as soon as the lock is left, and errors are told after that.</summary>
    private static void CopyPath(byte* path) =>
        new Span<byte>(Path, HostProcess.PathBytes).CopyTo(new Span<byte>(path, HostProcess.PathBytes));

    private static int Begin(string function)
    {
        int error = s_file.OpenQuietly(function, Path);
        if (error != 0)
        {
            return error;
        }

        if (!s_hasExit)
        {
            s_hasExit = true;
            HostProcess.AtExit(&OnExit);
        }

        s_process = HostProcess.Id;
        s_traces++;
        s_tracks = 0;
        s_isFirst = true;
        s_file.Write((byte)'[');
        BeginEvent("process_name"u8);
        s_file.Write(",\"ph\":\"M\",\"pid\":"u8);
        s_file.Write((long)s_process);
        s_file.Write(",\"tid\":0,\"args\":{\"name\":\"RefRuntime\"}}"u8);
        Volatile.Write(ref s_isOn, true);
        return 0;
    }

    private static int End()
    {
        s_isOn = false;
        s_isByVariable = false;
        s_file.Write("\n]\n"u8);
        return s_file.CloseQuietly();
    }

    private static Status NoTrace(string function) =>
        LastError.Number(Status.Argument, function, "trace", s_traces, "is not being written: there is none to stop");

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnExit() => Exit();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Exit()
    {
        byte* told = stackalloc byte[HostProcess.PathBytes];
        Mutex.Enter(Lock);
        string starter = s_file.Function;
        bool isByVariable = s_isByVariable;
        int error = s_isOn ? End() : 0;
        s_isByVariable = isByVariable;
        CopyPath(told);
        Mutex.Exit(Lock);
        if (error != 0)
        {
            Tell(OutputFile.Tell(starter, told, error));
        }
    }

    /// <summary>Says on standard error why there is no trace, where the environment has asked for it.</summary>
    private static void Tell(Status status)
    {
        if (status != Status.Ok && s_isByVariable)
        {
            ReadOnlySpan<byte> text = CString.Text(LastError.Text);
            byte* line = stackalloc byte[HostThread.ErrorBufferBytes + 16];
            "refruntime: "u8.CopyTo(new Span<byte>(line, 12));
            text.CopyTo(new Span<byte>(line + 12, HostThread.ErrorBufferBytes));
            line[12 + text.Length] = (byte)'\n';
            StandardError.Write(line, 13 + text.Length);
            LastError.Clear();
        }
    }

    /// <summary>The heap's number in this trace, which gets a name when it is first seen.</summary>
    private static uint TrackOf(HeapState* heap)
    {
        if (heap->TimelineTrack >> 32 != s_traces)
        {
            heap->TimelineTrack = ((ulong)s_traces << 32) | ++s_tracks;
            heap->TimelineDue = 0;
            BeginEvent("thread_name"u8);
            s_file.Write(",\"ph\":\"M\""u8);
            WriteTrack(s_tracks);
            s_file.Write(",\"args\":{\"name\":\"heap "u8);
            s_file.Write((ulong)s_tracks);
            s_file.Write(" ("u8);
            s_file.WriteHex((ulong)heap);
            s_file.Write(")\"}}"u8);
        }

        return (uint)heap->TimelineTrack;
    }

    private static void WriteCandidates(uint track, ulong time, ulong candidates)
    {
        BeginCounter("candidates"u8, track, time);
        s_file.Write("\"candidates\":"u8);
        s_file.Write(candidates);
        s_file.Write("}}"u8);
    }

    private static void WriteBytes(HeapState* heap, uint track, ulong time)
    {
        ulong begun = Clock.Nanoseconds();
        if (begun < heap->TimelineDue)
        {
            return;
        }

        BeginCounter("bytes"u8, track, time);
        s_file.Write("\"live\":"u8);
        s_file.Write(LiveBlocks.Count(heap).Bytes);
        s_file.Write(",\"committed\":"u8);
        s_file.Write(HeapState.CommittedBytes(heap));
        s_file.Write("}}"u8);
        ulong ended = Clock.Nanoseconds();
        heap->TimelineDue = ended + ((ended - begun) * CountingShare);
    }

    private static void BeginEvent(ReadOnlySpan<byte> name)
    {
        Separate();
        s_file.Write("{\"name\":\""u8);
        s_file.Write(name);
        s_file.Write((byte)'"');
    }

    private static void Separate()
    {
        s_file.Write(s_isFirst ? "\n"u8 : ",\n"u8);
        s_isFirst = false;
    }

    /// <summary>Counters belong to a process; so the heap stands in their name.</summary>
    private static void BeginCounter(ReadOnlySpan<byte> name, uint track, ulong time)
    {
        Separate();
        s_file.Write("{\"name\":\"heap "u8);
        s_file.Write((ulong)track);
        s_file.Write((byte)' ');
        s_file.Write(name);
        s_file.Write("\",\"ph\":\"C\",\"ts\":"u8);
        WriteMicroseconds(time);
        WriteTrack(track);
        s_file.Write(",\"args\":{"u8);
    }

    private static void WriteSpan(ulong begun, ulong nanoseconds, uint track)
    {
        s_file.Write(",\"cat\":\"gc\",\"ph\":\"X\",\"ts\":"u8);
        WriteMicroseconds(begun);
        s_file.Write(",\"dur\":"u8);
        WriteMicroseconds(nanoseconds);
        WriteTrack(track);
    }

    private static void WriteTrack(uint track)
    {
        s_file.Write(",\"pid\":"u8);
        s_file.Write((long)s_process);
        s_file.Write(",\"tid\":"u8);
        s_file.Write((ulong)track);
    }

    private static void WriteMicroseconds(ulong nanoseconds)
    {
        ulong rest = nanoseconds % 1000;
        s_file.Write(nanoseconds / 1000);
        s_file.Write((byte)'.');
        s_file.Write((byte)('0' + (rest / 100)));
        s_file.Write((byte)('0' + (rest / 10 % 10)));
        s_file.Write((byte)('0' + (rest % 10)));
    }

    private static ReadOnlySpan<byte> NameOf(GcReason reason) => reason switch
    {
        GcReason.Requested => "requested"u8,
        GcReason.Step => "step"u8,
        GcReason.Candidates => "candidates"u8,
        GcReason.Growth => "growth"u8,
        _ => "limit"u8,
    };
}
