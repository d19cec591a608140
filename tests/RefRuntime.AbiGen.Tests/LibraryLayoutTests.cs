// The sizes and offsets that the generator computes are those of the running C# structs; the C compiler proves the other
// side with layout_asserts.c.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.AbiGen.Model;
using RefRuntime.AbiGen.Reading;

namespace RefRuntime.AbiGen.Tests;

public sealed class LibraryLayoutTests
{
    private static IEnumerable<Type> Structs => typeof(HeapOptions).Assembly.GetTypes()
        .Where(type => type.IsValueType && !type.IsEnum && type.GetCustomAttribute<COpaqueAttribute>() is null
            && type.GetCustomAttribute<SectionAttribute>() is not null);

    [TestCaseSource(nameof(Structs))]
    public void Computed_offsets_are_those_of_the_runtime(Type type)
    {
        string name = type.GetCustomAttribute<CNameAttribute>()!.Name;
        StructModel model = FixtureModel.ReadLibrary().Structs.Single(candidate => candidate.Name == name);
        FieldInfo[] fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(model.SizeBytes, Is.EqualTo(Marshal.SizeOf(type)));
            Assert.That(
                model.Fields.Select(field => (field.Name, field.OffsetBytes)),
                Is.EqualTo(fields.Select(field => (CNames.Snake(field.Name), (int)Marshal.OffsetOf(type, field.Name)))));
        }
    }

    [Test]
    public void All_structs_of_the_library_are_in_the_model() =>
        Assert.That(
            FixtureModel.ReadLibrary().Structs.Where(type => !type.IsOpaque).Select(type => type.Name),
            Is.EquivalentTo(Structs.Select(type => type.GetCustomAttribute<CNameAttribute>()!.Name)));
}
