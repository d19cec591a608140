// RefRuntime.AbiGen: compiled metadata and doc comments → header, layout asserts, symbol list, raw bindings.
//
//     dotnet run --project src/RefRuntime.AbiGen                  write the files that changed
//     dotnet run --project src/RefRuntime.AbiGen -- --check       exit 1 if a file on disk is stale
//
// Reading/ turns assemblies into Model/, with Docs/ for the comments; Emitting/ has one class per output file.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using RefRuntime.AbiGen;
using RefRuntime.AbiGen.Emitting;
using RefRuntime.AbiGen.Model;
using RefRuntime.AbiGen.Reading;

const string Usage =
    """
    usage: RefRuntime.AbiGen [--check] [--root DIR] [--assemblies DIR]
      --check            write nothing; exit 1 if a generated file is missing or stale
      --root DIR         the checkout to write into (default: the one that the working directory is in)
      --assemblies DIR   where RefRuntime.dll, RefRuntime.Abi.dll and their .xml are (default: beside this program)
    """;

bool check = false;
string? root = null;
string assemblies = AppContext.BaseDirectory;
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--check":
            check = true;
            break;
        case "--root" when i + 1 < args.Length:
            root = args[++i];
            break;
        case "--assemblies" when i + 1 < args.Length:
            assemblies = args[++i];
            break;
        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }
}

try
{
    root ??= FindRoot();
    List<GeneratedFile> files = Generate();
    return check ? Check(files) : Write(files);
}
catch (Exception problem) when (problem is AbiGenException or IOException)
{
    Console.Error.WriteLine($"RefRuntime.AbiGen: {problem.Message}");
    return 1;
}

List<GeneratedFile> Generate()
{
    using AssemblySource abi = AssemblySource.Open(Path.Combine(assemblies, "RefRuntime.Abi.dll"));
    using AssemblySource library = AssemblySource.Open(Path.Combine(assemblies, "RefRuntime.dll"));
    AbiModel model = ModelReader.Read([abi, library]);
    return [.. Emitters.All.Select(emitter => new GeneratedFile(emitter.Path, emitter.Emit(model)))];
}

int Check(List<GeneratedFile> files)
{
    int stale = 0;
    foreach (GeneratedFile file in files)
    {
        string? difference = file.Difference(root);
        Console.WriteLine($"{file.RelativePath} {difference ?? "is up to date"}");
        stale += difference is null ? 0 : 1;
    }

    if (stale > 0)
    {
        Console.Error.WriteLine(
            $"RefRuntime.AbiGen: {stale} of {files.Count} generated files are stale; run it without --check and commit them");
    }

    return stale > 0 ? 1 : 0;
}

int Write(List<GeneratedFile> files)
{
    foreach (GeneratedFile file in files)
    {
        Console.WriteLine($"{file.RelativePath} {(file.Write(root) ? "written" : "is up to date")}");
    }

    return 0;
}

static string FindRoot()
{
    for (DirectoryInfo? directory = new(Environment.CurrentDirectory); directory is not null; directory = directory.Parent)
    {
        if (File.Exists(Path.Combine(directory.FullName, "RefRuntime.sln")))
        {
            return directory.FullName;
        }
    }

    throw new IOException("the working directory is in no checkout of RefRuntime; say which with --root");
}
