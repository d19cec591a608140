// What every output language provides. A new language is one more class here and one more line in Emitters.All; it sees
// the model only.

using System.Collections.Generic;
using RefRuntime.AbiGen.Model;

namespace RefRuntime.AbiGen.Emitting;

/// <summary>Writes one file from the model.</summary>
internal interface IEmitter
{
    /// <summary>Where the file stands, from the root of the checkout.</summary>
    string Path { get; }

    /// <summary>The whole text of the file, lines ended by \n.</summary>
    string Emit(AbiModel model);
}

/// <summary>The list of what is generated.</summary>
internal static class Emitters
{
    public static IReadOnlyList<IEmitter> All { get; } =
    [
        new HeaderEmitter(),
        new LayoutEmitter(),
        new LayoutAssertEmitter(),
        new SymbolListEmitter(),
        new ManualEmitter(),
        new PythonEmitter(),
        new LuaEmitter(),
        new RustEmitter(),
        new RustLayoutEmitter(),
        new CSharpEmitter(),
        new NodeEmitter(),
        new NodeTypesEmitter(),
    ];
}
