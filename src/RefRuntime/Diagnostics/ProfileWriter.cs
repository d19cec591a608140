// A profile of allocations in the format of pprof: profile.proto of github.com/google/pprof, not compressed, which its readers take too.
//
//   sample      a place that allocates: its stack from the innermost frame outwards; objects and bytes allocated since the profile
//               began, and in use; labels: the type, and the bytes of a block
//   location    an address in the code, with the function that it lies in if that has a name
//   mapping     a module
//
// Everything refers to everything by number, so the file is written as it is met: a string, location or function when the first
// sample needs it. What has been met is kept in tables; nothing else is.
//
// Messages being put together lie in memory of their own and not on the stack, of which the host's thread may have little.

using System;
using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Lifetime;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Diagnostics;

internal unsafe struct ProfileWriter
{
    private const uint MaxModules = 256;

    // Fields of Profile.
    private const uint SampleType = 1;
    private const uint Sample = 2;
    private const uint Mapping = 3;
    private const uint Location = 4;
    private const uint Function = 5;
    private const uint StringTable = 6;
    private const uint TimeNanos = 9;
    private const uint DurationNanos = 10;
    private const uint PeriodType = 11;
    private const uint Period = 12;
    private const uint DefaultSampleType = 14;

    private ulong _strings;
    private NumberTable _locations;
    private NumberTable _functions;
    private NumberTable _types;
    private Desk* _desk;
    private uint _moduleCount;
    private ulong _typeKey;
    private ulong _bytesKey;
    private ulong _bytesUnit;

    private readonly Module* Modules => (Module*)&_desk->Modules;

    /// <summary>Writes the profile. False when the system has no memory; errors of the file stick to it.</summary>
    public static bool Write(AllocationProfile* profile, ref OutputFile file)
    {
        ProfileWriter writer = default;
        writer._desk = (Desk*)Memory.Reserve((ulong)sizeof(Desk), 16);
        if (writer._desk == null)
        {
            return false;
        }

        bool isDone = writer.WriteAll(profile, ref file);
        Memory.Release((byte*)writer._desk, (ulong)sizeof(Desk));
        writer._locations.Free();
        writer._functions.Free();
        writer._types.Free();
        return isDone;
    }

    private bool WriteAll(AllocationProfile* profile, ref OutputFile file)
    {
        WriteHead(profile, ref file);
        for (uint i = 0; i < profile->SiteCount; i++)
        {
            if (!TryWriteSite(profile->Sites[i], ref file))
            {
                return false;
            }
        }

        for (uint i = 0; i < _moduleCount; i++)
        {
            WriteModule(i, ref file);
        }

        return true;
    }

    private void WriteHead(AllocationProfile* profile, ref OutputFile file)
    {
        AddString(""u8, ref file);
        ulong count = AddString("count"u8, ref file);
        _bytesUnit = AddString("bytes"u8, ref file);
        ulong inUse = AddString("inuse_space"u8, ref file);
        WriteValueType(SampleType, AddString("alloc_objects"u8, ref file), count, ref file);
        WriteValueType(SampleType, AddString("alloc_space"u8, ref file), _bytesUnit, ref file);
        WriteValueType(SampleType, AddString("inuse_objects"u8, ref file), count, ref file);
        WriteValueType(SampleType, inUse, _bytesUnit, ref file);
        WriteValueType(PeriodType, AddString("space"u8, ref file), _bytesUnit, ref file);
        _typeKey = AddString("type"u8, ref file);
        _bytesKey = _bytesUnit;
        ProtobufMessage.WriteField(ref file, Period, profile->MeanBytes);
        ProtobufMessage.WriteField(ref file, TimeNanos, profile->StartedAt);
        ProtobufMessage.WriteField(ref file, DurationNanos, Clock.Nanoseconds() - profile->Begun);
        ProtobufMessage.WriteField(ref file, DefaultSampleType, inUse);
    }

    private bool TryWriteSite(in AllocationSite site, ref OutputFile file)
    {
        ref ProtobufMessage stack = ref _desk->Stack.Clear();
        foreach (nint address in TraceDepot.Frames(site.Trace))
        {
            uint location = LocationOf((byte*)address, ref file);
            if (location == 0)
            {
                return false;
            }

            stack.AddVarint(location);
        }

        if (!TryTypeName(site.Type, ref file, out ulong type))
        {
            return false;
        }

        ref ProtobufMessage values = ref _desk->Values.Clear();
        values.AddVarint(Rounded(site.ObjectsAllocated));
        values.AddVarint(Rounded(site.BytesAllocated));
        values.AddVarint(Rounded(site.ObjectsInUse));
        values.AddVarint(Rounded(site.BytesInUse));

        ref ProtobufMessage sample = ref _desk->Sample.Clear();
        sample.Add(1, ref stack);
        sample.Add(2, ref values);
        ref ProtobufMessage label = ref _desk->Label.Clear();
        label.Add(1, _typeKey);
        label.Add(2, type);
        sample.Add(3, ref label);
        if (site.BlockBytes != 0)
        {
            label.Clear();
            label.Add(1, _bytesKey);
            label.Add(3, site.BlockBytes);
            label.Add(4, _bytesUnit);
            sample.Add(3, ref label);
        }

        sample.Write(ref file, Sample);
        return true;
    }

    /// <summary>The number of the place in the code that the call returns to; 0 = no memory.</summary>
    private uint LocationOf(byte* address, ref OutputFile file)
    {
        uint known = _locations.Find((ulong)address);
        if (known != 0)
        {
            return known;
        }

        uint number = (uint)_locations.Count + 1;
        if (!_locations.TryAdd((ulong)address, number))
        {
            return 0;
        }

        // A return address: the call is before it.
        CodePlace place;
        Backtrace.Describe(address, &place);
        byte* call = address - 1;
        ref ProtobufMessage location = ref _desk->Location.Clear();
        location.Add(1, number);
        uint module = ModuleOf(call, place);
        if (module != 0)
        {
            location.Add(2, module);
        }

        location.Add(3, (ulong)call);
        if (!place.Function.IsEmpty)
        {
            if (!TryFunction((ulong)call - place.FunctionOffset, place.Function, ref file, out uint function))
            {
                return 0;
            }

            ref ProtobufMessage line = ref _desk->Line.Clear();
            line.Add(1, function);
            location.Add(4, ref line);
            Modules[module == 0 ? 0 : module - 1].HasFunctions |= module != 0;
        }

        location.Write(ref file, Location);
        return number;
    }

    private bool TryFunction(ulong start, ReadOnlySpan<byte> name, ref OutputFile file, out uint number)
    {
        number = _functions.Find(start);
        if (number != 0)
        {
            return true;
        }

        number = (uint)_functions.Count + 1;
        if (!_functions.TryAdd(start, number))
        {
            return false;
        }

        ulong text = AddString(name, ref file);
        ref ProtobufMessage function = ref _desk->Function.Clear();
        function.Add(1, number);
        function.Add(2, text);
        function.Add(3, text);
        function.Write(ref file, Function);
        return true;
    }

    private bool TryTypeName(TypeId type, ref OutputFile file, out ulong text)
    {
        text = _types.Find((ulong)type);
        if (text != 0)
        {
            return true;
        }

        text = AddString(CString.Text(TypeRegistry.Get(type)->Name), ref file);
        return _types.TryAdd((ulong)type, (uint)text);
    }

    /// <summary>The number of the module in which the address lies; 0 = in none, or in one too many.</summary>
    private uint ModuleOf(byte* address, in CodePlace place)
    {
        if (place.Module == null || place.Module[0] == 0)
        {
            return 0;
        }

        ulong loadedAt = (ulong)address - place.ModuleOffset;
        for (uint i = 0; i < _moduleCount; i++)
        {
            if (Modules[i].LoadedAt == loadedAt)
            {
                Modules[i].End = (ulong)address >= Modules[i].End ? (ulong)address + 1 : Modules[i].End;
                return i + 1;
            }
        }

        if (_moduleCount == MaxModules)
        {
            return 0;
        }

        Modules[_moduleCount++] = new Module { LoadedAt = loadedAt, End = (ulong)address + 1, Name = place.Module };
        return _moduleCount;
    }

    private void WriteModule(uint index, ref OutputFile file)
    {
        Module module = Modules[index];
        ulong name = AddString(CString.Text(module.Name), ref file);
        ref ProtobufMessage mapping = ref _desk->Mapping.Clear();
        mapping.Add(1, index + 1);
        mapping.Add(2, module.LoadedAt);
        mapping.Add(3, (module.End + 0xFFF) & ~0xFFFul);
        mapping.Add(5, name);
        mapping.Add(7, module.HasFunctions ? 1ul : 0);
        mapping.Write(ref file, Mapping);
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // its message is on the stack, and so it is for one call at a time
    private static void WriteValueType(uint field, ulong type, ulong unit, ref OutputFile file)
    {
        ProtobufMessage message = default;
        message.Add(1, type);
        message.Add(2, unit);
        message.Write(ref file, field);
    }

    /// <summary>Adds a string; the first is "".</summary>
    private ulong AddString(ReadOnlySpan<byte> text, ref OutputFile file)
    {
        ProtobufMessage.WriteField(ref file, StringTable, text);
        return _strings++;
    }

    /// <summary>Sums of weights that were added and taken away again may be a little off.</summary>
    private static ulong Rounded(double value) => value < 0.5 ? 0 : (ulong)(value + 0.5);

    /// <summary>A file that the loader has mapped.</summary>
    private struct Module
    {
        public ulong LoadedAt;
        public ulong End;
        public byte* Name;
        public bool HasFunctions;
    }

    [InlineArray((int)MaxModules)]
    private struct ModuleArray
    {
        private Module _first;
    }

    /// <summary>What is being put together. One of each is enough, as none contains one of its kind.</summary>
    private struct Desk
    {
        public ProtobufMessage Stack;
        public ProtobufMessage Values;
        public ProtobufMessage Sample;
        public ProtobufMessage Label;
        public ProtobufMessage Location;
        public ProtobufMessage Line;
        public ProtobufMessage Function;
        public ProtobufMessage Mapping;
        public ModuleArray Modules;
    }
}
