// What a doc comment must hold before it becomes the manual: every rr_ and RR_ name in it exists, every parameter is spoken
// of, every function says what it returns and costs, and the text can stand in a C comment.

using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using RefRuntime.AbiGen.Emitting;
using RefRuntime.AbiGen.Model;

namespace RefRuntime.AbiGen.Docs;

/// <summary>Checks the docs of a whole model, since names refer to each other across sections.</summary>
internal sealed partial class DocChecker
{
    private readonly HashSet<string> _names;

    private DocChecker(AbiModel model) => _names = [.. model.Names, HeaderEmitter.PlaceMacro];

    public static void Check(AbiModel model)
    {
        var checker = new DocChecker(model);
        foreach (AbiSection section in model.Sections)
        {
            checker.CheckText($"section {section.Title}", section.Overview);
        }

        foreach (ConstantGroup group in model.Sections.SelectMany(section => section.ConstantGroups).Concat(model.Layout))
        {
            checker.CheckText(group.Typedef?.Name ?? group.Members[0].Name, group.Doc);
        }

        foreach (ConstantModel constant in model.Constants.Concat(model.Layout.SelectMany(group => group.Members)))
        {
            checker.CheckText(constant.Name, constant.Doc);
        }

        foreach (StructModel type in model.Structs)
        {
            checker.CheckText(type.Name, type.Doc);
            foreach (FieldModel field in type.Fields)
            {
                checker.CheckText($"{type.Name}.{field.Name}", field.Doc);
            }
        }

        foreach (CallbackModel callback in model.Callbacks)
        {
            checker.CheckText(callback.Name, callback.Doc);
            CheckParameters(callback.Name, callback.Parameters, callback.Doc);
        }

        foreach (FunctionModel function in model.Functions)
        {
            checker.CheckText(function.Name, function.Doc);
            CheckParameters(function.Name, function.Parameters, function.Doc);
            CheckFunction(function);
        }
    }

    private static void CheckFunction(FunctionModel function)
    {
        if (function.Doc.Cost is null)
        {
            throw new AbiGenException(function.Name, "its doc comment has no <cost>");
        }

        if (function.Doc.Returns is null && function.Return is not (VoidType or TypedefType { Name: "rr_status" }))
        {
            throw new AbiGenException(function.Name, "its doc comment has no <returns>");
        }
    }

    private static void CheckParameters(string owner, IReadOnlyList<ParameterModel> parameters, MemberDoc doc)
    {
        foreach (ParameterModel parameter in parameters)
        {
            if (!doc.AllText.Any(text => text.Contains(MemberDoc.Quote(parameter.Name))))
            {
                throw new AbiGenException(owner, $"its doc comment has no <paramref> for {parameter.Name}");
            }
        }
    }

    private void CheckText(string owner, MemberDoc doc)
    {
        foreach (string text in doc.AllText)
        {
            if (text.Contains("*/") || text.Contains("/*"))
            {
                throw new AbiGenException(owner, "its doc comment has a comment mark of C in it");
            }

            if (text.FirstOrDefault(c => c is (< ' ' or > '~') and not MemberDoc.FixedSpace) is var odd && odd != default)
            {
                throw new AbiGenException(
                    owner, $"its doc comment has the character '{odd}' (U+{(int)odd:X4}); the header is plain ASCII");
            }

            foreach (Match match in CName().Matches(text))
            {
                string name = match.Groups[1].Value;
                bool isPrefix = match.Groups[2].Length > 0;
                if (isPrefix ? !_names.Any(known => known.StartsWith(name)) : !_names.Contains(name))
                {
                    throw new AbiGenException(owner, $"its doc comment speaks of {match.Value}, which does not exist");
                }
            }
        }
    }

    // A name, or the beginning of several followed by an ellipsis: RR_HEAP_...
    [GeneratedRegex(@"\b((?:rr|RR)_\w+)((?<=_)\.\.\.)?")]
    private static partial Regex CName();
}
