// native-tests/abi/exported_symbols.txt: what the shared library exports, and nothing else. Sorted as `LC_ALL=C sort` does.

using System;
using System.Linq;
using RefRuntime.AbiGen.Model;

namespace RefRuntime.AbiGen.Emitting;

/// <summary>Writes the list of exported symbols.</summary>
internal sealed class SymbolListEmitter : IEmitter
{
    public string Path => "native-tests/abi/exported_symbols.txt";

    public string Emit(AbiModel model) =>
        string.Concat(model.Functions
            .Select(function => function.Name)
            .Order(StringComparer.Ordinal)
            .Select(name => name + "\n"));
}
