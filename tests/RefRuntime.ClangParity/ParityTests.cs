// Every function, constant, struct and typedef of the header is what the C# metadata says, and nothing else is there.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using NUnit.Framework;
using RefRuntime.AbiGen.Model;
using RefRuntime.AbiGen.Tests;

namespace RefRuntime.ClangParity;

public sealed class ParityTests
{
    private AbiModel _model = null!;
    private ClangHeader _header = null!;
    private Dictionary<string, CallbackModel> _callbacks = null!;

    [OneTimeSetUp]
    public void Parse()
    {
        _model = FixtureModel.ReadLibrary();
        _callbacks = _model.Callbacks.ToDictionary(callback => callback.Name);
        _header = ClangHeader.Parse(_model.Constants.Select(constant => (constant.Name, constant.Value is string)));
    }

    [Test]
    public void Functions_have_the_same_names_results_and_parameters()
    {
        Assert.That(_header.Functions.Keys, Is.EquivalentTo(_model.Functions.Select(function => function.Name)));
        foreach (FunctionModel function in _model.Functions)
        {
            ClangFunction found = _header.Functions[function.Name];
            Assert.That(found.Result, Is.EqualTo(Spell(function.Return)), function.Name);
            Assert.That(found.Parameters, Is.EqualTo(function.Parameters.Select(parameter => Spell(parameter.Type))), function.Name);
        }
    }

    [Test]
    public void Constants_have_the_same_values()
    {
        foreach (ConstantModel constant in _model.Constants)
        {
            object expected = constant.Value is string ? constant.Value : Convert.ToInt64(constant.Value, CultureInfo.InvariantCulture);
            Assert.That(_header.Constants[constant.Name], Is.EqualTo(expected), constant.Name);
        }
    }

    [Test]
    public void Structs_have_the_same_sizes_fields_and_offsets()
    {
        StructModel[] structs = [.. _model.Structs.Where(type => !type.IsOpaque)];
        Assert.That(_header.Structs.Keys, Is.EquivalentTo(structs.Select(type => type.Name)));
        foreach (StructModel type in structs)
        {
            ClangStruct found = _header.Structs[type.Name];
            Assert.That(found.SizeBytes, Is.EqualTo(type.SizeBytes), type.Name);
            Assert.That(
                found.Fields, Is.EqualTo(type.Fields.Select(field => (field.Name, Spell(field.Type), (long)field.OffsetBytes))), type.Name);
        }
    }

    [Test]
    public void Typedefs_are_the_same()
    {
        Dictionary<string, string> expected = [];
        foreach (StructModel type in _model.Structs)
        {
            expected.Add(type.Name, $"struct {type.Name}");
        }

        foreach (CallbackModel callback in _model.Callbacks)
        {
            expected.Add(callback.Name, Spell(new CallbackType(callback.Name)));
        }

        foreach (ConstantGroup group in _model.Typedefs)
        {
            expected.Add(group.Typedef!.Name, Spell(group.Typedef));
        }

        Assert.That(_header.Typedefs, Is.EquivalentTo(expected));
    }

    /// <summary>As clang spells canonical types on x86-64 Linux.</summary>
    private string Spell(CType type) => type switch
    {
        VoidType => "void",
        CharType => "char",
        DoubleType => "double",
        IntegerType { Name: "size_t" } => "unsigned long",
        IntegerType integer => (integer.IsSigned ? "" : "unsigned ") + (integer.SizeBytes == 8 ? "long" : "int"),
        TypedefType typedef => Spell(typedef.Underlying),
        StructType structure => $"struct {structure.Name}",
        CallbackType callback =>
            $"{Spell(_callbacks[callback.Name].Return)} (*)({string.Join(", ", _callbacks[callback.Name].Parameters.Select(p => Spell(p.Type)))})",
        PointerType pointer => PointerTo(Spell(pointer.Target), pointer),
        _ => throw new NotSupportedException(type.ToString()),
    };

    /// <summary>const stands before what is no pointer, and behind the star of what is one.</summary>
    private static string PointerTo(string target, PointerType pointer)
    {
        bool toPointer = target.EndsWith('*');
        string qualified = !pointer.IsConst ? target : toPointer ? $"{target}const" : $"const {target}";
        return toPointer ? $"{qualified}{(pointer.IsConst ? " *" : "*")}" : $"{qualified} *";
    }
}
