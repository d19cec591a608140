// Reads fixtures of this assembly as if they were the library.

using System;
using System.IO;
using RefRuntime.AbiGen.Model;
using RefRuntime.AbiGen.Reading;

namespace RefRuntime.AbiGen.Tests;

internal static class FixtureModel
{
    public static string Directory => AppContext.BaseDirectory;

    /// <summary>The model of all types in a namespace or nested in a class.</summary>
    public static AbiModel Read(string scope) => Read(scope, "RefRuntime.AbiGen.Tests.dll");

    /// <summary>The model of the library itself.</summary>
    public static AbiModel ReadLibrary() => Read(null, "RefRuntime.dll");

    private static AbiModel Read(string? scope, string assembly)
    {
        using AssemblySource abi = AssemblySource.Open(Path.Combine(Directory, "RefRuntime.Abi.dll"));
        using AssemblySource fixtures = AssemblySource.Open(Path.Combine(Directory, assembly));
        return ModelReader.Read([abi, fixtures], scope);
    }
}
