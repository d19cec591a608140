// Raw memory in a program: blocks filled with a byte of their own, which must still be there when they are looked at.

using System;
using System.Collections.Generic;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Model;

internal sealed unsafe partial class Machine
{
    private readonly List<RawBlock> _raw = [];
    private byte _nextFill;

    private readonly record struct RawBlock(nint Address, int Bytes, byte Fill);

    private void ChangeRaw(Operation operation)
    {
        int bytes = (int)(operation.B % (operation.C % 32 == 0 ? Config.PageSize * 3 : 300));
        if (operation.Code == Code.RawAlloc || _raw.Count == 0)
        {
            Keep(RawOperations.Alloc(_heap, (nuint)bytes), bytes);
            return;
        }

        int index = (int)(operation.A % (uint)_raw.Count);
        RawBlock block = _raw[index];
        CheckContent(block, block.Bytes);
        if (operation.Code == Code.RawFree)
        {
            _raw.RemoveAt(index);
            Demand(RawOperations.Free(_heap, (void*)block.Address) == Status.Ok, "rr_mem_free: {0}", NativeText.LastError());
            Demand(RawOperations.Free(_heap, (void*)block.Address) == Status.Argument, "a block is freed twice");
            return;
        }

        void* moved = RawOperations.Realloc(_heap, (void*)block.Address, (nuint)bytes);
        if (moved == null)
        {
            DemandNoMemory();
            return;
        }

        _raw.RemoveAt(index);
        CheckContent(block with { Address = (nint)moved }, int.Min(block.Bytes, bytes));
        Keep(moved, bytes);
    }

    private void FreeRaw()
    {
        foreach (RawBlock block in _raw)
        {
            CheckContent(block, block.Bytes);
            Demand(RawOperations.Free(_heap, (void*)block.Address) == Status.Ok, "rr_mem_free: {0}", NativeText.LastError());
        }

        _raw.Clear();
    }

    private void Keep(void* memory, int bytes)
    {
        if (memory == null)
        {
            DemandNoMemory();
            return;
        }

        Demand((nint)memory % Config.Alignment == 0, "raw memory at 0x{0:x} is not aligned", (nint)memory);
        new Span<byte>(memory, bytes).Fill(++_nextFill);
        _raw.Add(new RawBlock((nint)memory, bytes, _nextFill));
    }

    private static void CheckContent(RawBlock block, int bytes) =>
        Demand(!new Span<byte>((void*)block.Address, bytes).ContainsAnyExcept(block.Fill),
            "the raw block of {0} bytes at 0x{1:x} has lost its content", block.Bytes, block.Address);
}
