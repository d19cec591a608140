// Names: from C# to C by rule, and the words that can't be names in C, C++ or Python, where all bindings meet.

using System.Collections.Generic;
using System.Text;
using System.Text.RegularExpressions;

namespace RefRuntime.AbiGen.Reading;

/// <summary>The naming rules.</summary>
internal static partial class CNames
{
    private static readonly HashSet<string> s_reserved =
    [
        "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float",
        "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed", "sizeof", "static",
        "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while",
        "alignas", "alignof", "and", "asm", "bool", "catch", "class", "compl", "concept", "constexpr", "delete", "explicit",
        "export", "false", "friend", "module", "mutable", "namespace", "new", "noexcept", "not", "nullptr", "operator", "or",
        "private", "protected", "public", "requires", "template", "this", "throw", "true", "try", "typeid", "typename",
        "using", "virtual", "xor",
        "as", "assert", "async", "await", "def", "del", "elif", "except", "finally", "from", "global", "import", "in", "is",
        "lambda", "nonlocal", "pass", "raise", "with", "yield",
    ];

    /// <summary>StructSize → struct_size.</summary>
    public static string Snake(string pascal)
    {
        var text = new StringBuilder();
        foreach (char c in pascal)
        {
            if (char.IsUpper(c) && text.Length > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }

    /// <summary>NotObject behind RR_E_ → RR_E_NOT_OBJECT.</summary>
    public static string Constant(string prefix, string pascal) => prefix + Snake(pascal).ToUpperInvariant();

    /// <summary>Refuses what is no name, or a keyword somewhere.</summary>
    public static string Check(string name, string member)
    {
        if (s_reserved.Contains(name))
        {
            throw new AbiGenException(member, $"\"{name}\" is a keyword in C, C++ or Python");
        }

        return Identifier().IsMatch(name) ? name : throw new AbiGenException(member, $"\"{name}\" is no name in C");
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_]*$")]
    private static partial Regex Identifier();
}
