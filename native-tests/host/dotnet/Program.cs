// A .NET program that uses the library: CoreCLR is the host, and the library's own .NET runtime the guest. Both have a collector,
// handlers and thread-local state in one process, and neither may disturb the other.
//
//   threads     some have a heap each, others share a synchronized one
//   callbacks   from the library into C#, which allocates there, throws and catches, and collects
//   collector   a thread that does nothing but collect the host's heap, so that threads are stopped wherever they are
//
// Arguments: the library. Ends with status 0 and the line "worked", or says what was expected.

using System;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace DotnetHost;

internal static unsafe partial class Program
{
    private const int Ok = 0;
    private const int NotObject = -2;
    private const uint Synchronized = 32;
    private const int Threads = 4;
    private const int Rounds = 60;
    private const int Ring = 200;

    private static string s_path = "";
    private static int s_finalized;
    private static int s_destroyed;
    private static int s_weakened;
    private static int s_caught;
    private static bool s_isOver;

    private static int Main(string[] arguments)
    {
        s_path = arguments[0];
        NativeLibrary.SetDllImportResolver(typeof(Program).Assembly, static (name, assembly, path) => NativeLibrary.Load(s_path));
        Expect(FaultsAreExceptions(), "a fault is no exception before the library is loaded");
        Expect(AbiVersion() == 1, "another ABI");
        Expect(FaultsAreExceptions(), "a fault is no exception any more");

        TypeInfo info = new() { StructSize = (uint)sizeof(TypeInfo), Size = 16, RefCount = 1 };
        uint offset = 0;
        fixed (byte* name = "ring"u8)
        {
            info.Name = name;
            info.RefOffsets = &offset;
            info.Finalize = &OnFinalize;
            info.Destroy = &OnDestroy;
            s_type = TypeNew(&info);
        }

        Expect(s_type != 0, "rr_type_new");
        HeapOptions options = new() { StructSize = (uint)sizeof(HeapOptions), Flags = Synchronized };
        s_shared = HeapNew(&options);
        Expect(s_shared != null, "rr_heap_new");

        Thread collector = new(CollectAllTheTime);
        collector.Start();
        Thread[] workers = new Thread[Threads];
        for (int i = 0; i < Threads; i++)
        {
            workers[i] = new Thread(i % 2 == 0 ? WorkOnOwnHeap : WorkOnSharedHeap);
            workers[i].Start();
        }

        foreach (Thread worker in workers)
        {
            worker.Join();
        }

        Volatile.Write(ref s_isOver, true);
        collector.Join();
        Expect(Collect(s_shared) >= 0 && HeapVerify(s_shared) == Ok && HeapFree(s_shared) == Ok, "the shared heap does not end well");
        int expected = Threads * Rounds * Ring;
        Expect(s_finalized == expected && s_destroyed == expected, "objects are missing");
        Expect(s_weakened == Threads * Rounds, "weak callbacks are missing");
        Expect(s_caught == expected / 50, "exceptions are missing");
        Expect(FaultsAreExceptions(), "a fault is no exception at the end");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{GC.CollectionCount(0)} collections of the host's"));
        Console.WriteLine("worked");
        return 0;
    }

    private static uint s_type;
    private static void* s_shared;

    private static void WorkOnOwnHeap()
    {
        void* heap = HeapNew(null);
        Expect(heap != null, "rr_heap_new");
        for (int i = 0; i < Rounds; i++)
        {
            Work(heap);
        }

        Expect(HeapVerify(heap) == Ok && HeapFree(heap) == Ok, "a heap does not end well");
    }

    private static void WorkOnSharedHeap()
    {
        for (int i = 0; i < Rounds; i++)
        {
            Work(s_shared);
        }
    }

    /// <summary>A ring that dies, with something managed made in between, a weak reference, and a refused call.</summary>
    private static void Work(void* heap)
    {
        void** first = null;
        void** last = null;
        for (int i = 0; i < Ring; i++)
        {
            void** next = (void**)Alloc(heap, s_type);
            Expect(next != null, "rr_alloc");
            if (first == null)
            {
                first = next;
            }
            else
            {
                Expect(Store(last, next) == Ok && Decref(next) == Ok, "rr_store");
            }

            last = next;
        }

        void* weak = WeakRefNew(first, &OnWeak, null);
        Expect(weak != null, "rr_weakref_new");
        Expect(Store(last, first) == Ok && Decref(first) == Ok, "rr_store");
        string text = new('x', 1000);
        int nothing = 0;
        Expect(Decref(&nothing) == NotObject, "an address on the stack is an object");
        Expect(Marshal.PtrToStringUTF8((nint)LastError())!.StartsWith("rr_decref", StringComparison.Ordinal) && text.Length == 1000, "no message");
        Expect(Collect(heap) >= 0, "rr_collect");
        Expect(Decref(weak) == Ok, "rr_decref");
    }

    private static void CollectAllTheTime()
    {
        while (!Volatile.Read(ref s_isOver))
        {
            GC.Collect(0);
            Thread.Yield();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnFinalize(void* self, void* user)
    {
        int number = Interlocked.Increment(ref s_finalized);
        byte[] made = new byte[100 + (number % 1000)];
        if (number % 50 == 0 && FaultsAreExceptions())
        {
            Interlocked.Increment(ref s_caught);
        }

        if (number % 1000 == 0)
        {
            GC.Collect();
        }

        GC.KeepAlive(made);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnDestroy(void* self, void* user) => Interlocked.Increment(ref s_destroyed);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnWeak(void* weak, void* user)
    {
        if (WeakRefGet(weak) == null)
        {
            Interlocked.Increment(ref s_weakened);
        }
    }

    /// <summary>CoreCLR makes an exception of a fault, by its handler of SIGSEGV, which is the host's here.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool FaultsAreExceptions()
    {
        try
        {
            return Length(null) < 0;
        }
        catch (NullReferenceException)
        {
            return true;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Length(string? text) => text!.Length;

    private static void Expect(bool holds, string what)
    {
        if (!holds)
        {
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}; the library says: {Marshal.PtrToStringUTF8((nint)LastError())}"));
            Process.GetCurrentProcess().Kill();
        }
    }
}
