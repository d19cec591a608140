// One compiled assembly with its doc comments, read as data: nothing of it is loaded or run.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using RefRuntime.AbiGen.Docs;

namespace RefRuntime.AbiGen.Reading;

/// <summary>An assembly to read from.</summary>
internal sealed class AssemblySource : IDisposable
{
    private readonly PEReader _file;

    private AssemblySource(PEReader file, DocFile docs)
    {
        _file = file;
        Reader = file.GetMetadataReader();
        Docs = docs;
    }

    public MetadataReader Reader { get; }

    public DocFile Docs { get; }

    /// <summary>The types of the assembly, in the order of their declaration.</summary>
    public IEnumerable<TypeSource> Types => Reader.TypeDefinitions.Select(handle => new TypeSource(this, handle));

    public static AssemblySource Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new AbiGenException(path, "there is no such assembly; build it first");
        }

        return new AssemblySource(new PEReader(File.OpenRead(path)), DocFile.Load(Path.ChangeExtension(path, ".xml")));
    }

    public AttributeSet Attributes(CustomAttributeHandleCollection handles) => new(Reader, handles);

    public void Dispose() => _file.Dispose();
}

/// <summary>A type definition, with what its metadata says at a glance.</summary>
internal sealed class TypeSource
{
    public TypeSource(AssemblySource assembly, TypeDefinitionHandle handle)
    {
        Assembly = assembly;
        Definition = assembly.Reader.GetTypeDefinition(handle);
        FullName = ClrTypeProvider.FullName(assembly.Reader, handle);
        Attributes = assembly.Attributes(Definition.GetCustomAttributes());
    }

    public AssemblySource Assembly { get; }

    public TypeDefinition Definition { get; }

    public string FullName { get; }

    public AttributeSet Attributes { get; }

    public bool IsEnum => BaseName == "System.Enum";

    public bool IsStruct => BaseName == "System.ValueType";

    public bool IsDelegate => BaseName == "System.MulticastDelegate";

    public MemberDoc Doc => Assembly.Docs.Require($"T:{FullName}");

    /// <summary>The C name given by [CName]; a type has no other.</summary>
    public string CName => Attributes.Argument("CName") is string name
        ? CNames.Check(name, FullName)
        : throw new AbiGenException(FullName, "has no [CName]");

    public IEnumerable<FieldSource> Fields => Definition.GetFields().Select(handle => new FieldSource(this, handle));

    private string BaseName => Definition.BaseType switch
    {
        { IsNil: true } => "",
        { Kind: HandleKind.TypeReference } reference =>
            ClrTypeProvider.FullName(Assembly.Reader, (TypeReferenceHandle)reference),
        { Kind: HandleKind.TypeDefinition } definition =>
            ClrTypeProvider.FullName(Assembly.Reader, (TypeDefinitionHandle)definition),
        _ => "",
    };
}

/// <summary>A field definition.</summary>
internal sealed class FieldSource
{
    private readonly AssemblySource _assembly;

    public FieldSource(TypeSource owner, FieldDefinitionHandle handle)
    {
        _assembly = owner.Assembly;
        Definition = _assembly.Reader.GetFieldDefinition(handle);
        Name = _assembly.Reader.GetString(Definition.Name);
        FullName = $"{owner.FullName}.{Name}";
        Attributes = _assembly.Attributes(Definition.GetCustomAttributes());
    }

    public FieldDefinition Definition { get; }

    public string Name { get; }

    public string FullName { get; }

    public AttributeSet Attributes { get; }

    public ClrType Type => Definition.DecodeSignature(ClrTypeProvider.Instance, null);

    public MemberDoc Doc => _assembly.Docs.Require($"F:{FullName}");

    /// <summary>The value of a const field or an enum member.</summary>
    public object Constant
    {
        get
        {
            Constant constant = _assembly.Reader.GetConstant(Definition.GetDefaultValue());
            return _assembly.Reader.GetBlobReader(constant.Value).ReadConstant(constant.TypeCode)
                ?? throw new AbiGenException(FullName, "is a null constant");
        }
    }
}
