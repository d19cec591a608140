// The order in which languages declare types that have no forward declarations.

using System.Collections.Generic;
using System.Linq;
using RefRuntime.AbiGen.Model;

namespace RefRuntime.AbiGen.Emitting;

/// <summary>Callbacks and structs refer to each other; each comes when all it needs has come.</summary>
internal static class TypeOrder
{
    /// <summary>All <see cref="CallbackModel"/> and <see cref="StructModel"/> of the model but the opaque ones.</summary>
    public static List<object> NeededFirst(AbiModel model)
    {
        var open = new List<(string Name, List<string> Needs, object Type)>();
        open.AddRange(model.Callbacks.Select(callback => (
            callback.Name, Needed(callback.Parameters.Select(p => p.Type).Append(callback.Return)), (object)callback)));
        open.AddRange(model.Structs.Where(type => !type.IsOpaque).Select(type => (
            type.Name, Needed(type.Fields.Select(field => field.Type)), (object)type)));
        var ordered = new List<object>();
        while (open.Count > 0)
        {
            int next = open.FindIndex(item => !open.Any(other => item.Needs.Contains(other.Name)));
            if (next < 0)
            {
                throw new AbiGenException(
                    open[0].Name, "callbacks and structs need each other, which can't be declared in one go");
            }

            ordered.Add(open[next].Type);
            open.RemoveAt(next);
        }

        return ordered;
    }

    private static List<string> Needed(IEnumerable<CType> types) =>
        [.. types.Select(type => type switch
            {
                CallbackType callback => callback.Name,
                PointerType { Target: StructType { IsOpaque: false } target } => target.Name,
                _ => "",
            }).Where(name => name.Length > 0)];
}
