// One generated file against the disk: write it, or say how the one on disk differs.

using System;
using System.IO;
using System.Linq;

namespace RefRuntime.AbiGen.Emitting;

/// <summary>A file as it should be.</summary>
internal sealed record GeneratedFile(string RelativePath, string Text)
{
    /// <summary>Writes the file below <paramref name="root"/>, unless it is there already. Returns whether it changed.</summary>
    public bool Write(string root)
    {
        if (Difference(root) is null)
        {
            return false;
        }

        string path = Path.Combine(root, RelativePath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, Text);
        return true;
    }

    /// <summary>How the file on disk differs: where, and how much. Null if it does not.</summary>
    public string? Difference(string root)
    {
        string path = Path.Combine(root, RelativePath);
        if (!File.Exists(path))
        {
            return "is missing";
        }

        string onDisk = File.ReadAllText(path);
        if (onDisk == Text)
        {
            return null;
        }

        string[] have = onDisk.Split('\n');
        string[] want = Text.Split('\n');
        int shorter = int.Min(have.Length, want.Length);
        int same = Enumerable.Range(0, shorter).TakeWhile(i => have[i] == want[i]).Count();
        int sameAtEnd = Enumerable.Range(1, shorter - same).TakeWhile(i => have[^i] == want[^i]).Count();
        return $"differs from line {same + 1} on: {have.Length - same - sameAtEnd} lines there, "
            + $"{want.Length - same - sameAtEnd} generated{Environment.NewLine}"
            + $"    there:     {LineAt(have, same)}{Environment.NewLine}"
            + $"    generated: {LineAt(want, same)}";
    }

    private static string LineAt(string[] lines, int index) => index < lines.Length ? lines[index] : "(end of file)";
}
