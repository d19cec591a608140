// Rewrites RefRuntime.dll so that it counts which of its code runs: `Instrument RefRuntime.dll MAP DIRECTORIES-OF-REFERENCES`.
//
// At the beginning of each basic block stands an increment of a byte, a static field of Coverage of its own; they lie one behind the
// other, which is what libFuzzer wants to look at. (Of one large field ILC 10.0 folds address and offset to a wrong constant.) The code calls nothing and allocates nothing, so every rule about frames and transitions that holds for the library
// holds for the library with counters.
//
// Invariants: counter i is the i-th block in the order of the file, so that one source always gives the same numbers; a file
// is rewritten once. MAP has a line for each counter: number, place in the source, method.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace RefRuntime.Fuzz;

internal static class Program
{
    private const string CoverageType = "RefRuntime.Core.Coverage";

    private static int Main(string[] arguments)
    {
        if (arguments.Length != 3)
        {
            Console.Error.WriteLine("usage: Instrument RefRuntime.dll MAP DIRECTORIES");
            return 2;
        }

        using var resolver = new DefaultAssemblyResolver();
        foreach (string directory in arguments[2].Split(';'))
        {
            resolver.AddSearchDirectory(directory);
        }

        // Beside the compiler's output and then in its place: what is there is whole at any moment.
        string path = arguments[0], counted = path + ".counted", symbols = Path.ChangeExtension(path, ".pdb");
        var map = new List<string>();
        using (var assembly = AssemblyDefinition.ReadAssembly(path, new ReaderParameters { ReadSymbols = File.Exists(symbols), AssemblyResolver = resolver }))
        {
            TypeDefinition? coverage = assembly.MainModule.GetType(CoverageType);
            if (coverage is null)
            {
                Console.Error.WriteLine($"Instrument: {path} has no {CoverageType}: it was not compiled with RR_COVERAGE");
                return 1;
            }

            if (coverage.Fields.Any(IsCounter))
            {
                Console.Error.WriteLine($"Instrument: {path} has its counters already");
                return 1;
            }

            Rewrite(assembly.MainModule, coverage, map);
            assembly.Write(counted, new WriterParameters { WriteSymbols = assembly.MainModule.HasSymbols });
        }

        File.Move(counted, path, overwrite: true);
        string countedSymbols = Path.ChangeExtension(counted, ".pdb");
        if (File.Exists(countedSymbols))
        {
            File.Move(countedSymbols, symbols, overwrite: true);
        }

        File.WriteAllLines(arguments[1], map);
        Console.WriteLine($"Instrument: {map.Count} blocks have a counter");
        return 0;
    }

    private static void Rewrite(ModuleDefinition module, TypeDefinition coverage, List<string> map)
    {
        foreach (TypeDefinition type in module.GetAllTypes())
        {
            if (type == coverage)
            {
                continue;
            }

            foreach (MethodDefinition method in type.Methods.Where(method => method.HasBody))
            {
                Count(method, coverage, map);
            }
        }

        Answer(coverage, "get_First", OpCodes.Ldsflda, coverage.Fields.First(IsCounter));
        Answer(coverage, "get_Last", OpCodes.Ldsflda, coverage.Fields.Last(IsCounter));
        Answer(coverage, "get_Expected", OpCodes.Ldc_I4, map.Count);
    }

    private static bool IsCounter(FieldDefinition field) => field.FieldType.MetadataType == MetadataType.Byte;

    private static void Answer(TypeDefinition coverage, string getter, OpCode load, object operand)
    {
        ILProcessor code = coverage.Methods.Single(method => method.Name == getter).Body.GetILProcessor();
        code.Clear();
        Instruction answer = Instruction.Create(OpCodes.Nop);
        answer.OpCode = load;
        answer.Operand = operand;
        code.Append(answer);
        if (load == OpCodes.Ldsflda)
        {
            code.Emit(OpCodes.Conv_U);
        }

        code.Emit(OpCodes.Ret);
    }

    private static void Count(MethodDefinition method, TypeDefinition coverage, List<string> map)
    {
        MethodBody body = method.Body;
        HashSet<Instruction> leaders = Leaders(body);

        // One block that is inlined everywhere says nothing that its callers don't say, and is what costs most.
        if (leaders.Count == 1 && method.AggressiveInlining)
        {
            return;
        }

        var places = new Places(method);
        body.SimplifyMacros();
        ILProcessor code = body.GetILProcessor();
        foreach (Instruction leader in body.Instructions.Where(leaders.Contains).ToList())
        {
            var counter = new FieldDefinition(
                FormattableString.Invariant($"Counter{map.Count}"), FieldAttributes.Static | FieldAttributes.Assembly, method.Module.TypeSystem.Byte);
            coverage.Fields.Add(counter);
            map.Add(FormattableString.Invariant($"{map.Count} {places.Of(leader)} {method.FullName}"));

            // The leader itself becomes the first instruction of the increment, so that whatever leads to it stays as it is.
            Instruction moved = Instruction.Create(OpCodes.Nop);
            moved.OpCode = leader.OpCode;
            moved.Operand = leader.Operand;
            leader.OpCode = OpCodes.Ldsfld;
            leader.Operand = counter;
            Instruction last = leader;
            Instruction[] rest =
            [
                Instruction.Create(OpCodes.Ldc_I4_1), Instruction.Create(OpCodes.Add), Instruction.Create(OpCodes.Conv_U1),
                Instruction.Create(OpCodes.Stsfld, counter), moved,
            ];
            foreach (Instruction next in rest)
            {
                code.InsertAfter(last, next);
                last = next;
            }
        }

        body.OptimizeMacros();
    }

    /// <summary>Where basic blocks begin.</summary>
    private static HashSet<Instruction> Leaders(MethodBody body)
    {
        var leaders = new HashSet<Instruction> { body.Instructions[0] };
        foreach (Instruction instruction in body.Instructions)
        {
            switch (instruction.Operand)
            {
                case Instruction target:
                    leaders.Add(target);
                    break;
                case Instruction[] targets:
                    leaders.UnionWith(targets);
                    break;
            }

            if (instruction.OpCode.FlowControl == FlowControl.Cond_Branch && instruction.Next is not null)
            {
                leaders.Add(instruction.Next);
            }
        }

        foreach (ExceptionHandler handler in body.ExceptionHandlers)
        {
            leaders.Add(handler.HandlerStart);
            if (handler.FilterStart is not null)
            {
                leaders.Add(handler.FilterStart);
            }
        }

        return leaders;
    }

    /// <summary>Lines of the source, by instruction. Read before the method changes.</summary>
    private sealed class Places
    {
        private readonly List<(int Offset, string Place)> _points = [];

        public Places(MethodDefinition method)
        {
            foreach (SequencePoint point in method.DebugInformation.SequencePoints.Where(point => !point.IsHidden))
            {
                string file = Path.GetFileName(point.Document.Url), layer = Path.GetFileName(Path.GetDirectoryName(point.Document.Url) ?? "");
                _points.Add((point.Offset, string.Create(CultureInfo.InvariantCulture, $"{layer}/{file}:{point.StartLine}")));
            }
        }

        public string Of(Instruction instruction)
        {
            string place = _points.Count > 0 ? _points[0].Place : "-";
            foreach ((int offset, string at) in _points)
            {
                place = offset <= instruction.Offset ? at : place;
            }

            return place;
        }
    }
}
