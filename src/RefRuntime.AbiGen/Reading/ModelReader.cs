// Assemblies → model. First all types are collected, so that signatures can name them; then each is read in full; then
// the sections are put together in the order of the enum Section.

using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using RefRuntime.AbiGen.Docs;
using RefRuntime.AbiGen.Model;

namespace RefRuntime.AbiGen.Reading;

/// <summary>Reads the ABI from compiled assemblies.</summary>
internal sealed class ModelReader
{
    private const string SectionEnum = "RefRuntime.Abi.Section";

    private readonly List<TypeSource> _sectionTypes;
    private readonly List<TypeSource> _types;
    private readonly TypeMapper _mapper = new();
    private readonly Dictionary<TypeSource, ClrFunctionPointer> _delegates = [];

    private ModelReader(IEnumerable<AssemblySource> assemblies, string? onlyNamespace)
    {
        List<TypeSource> all = [.. assemblies.SelectMany(assembly => assembly.Types)];
        _sectionTypes = [.. all.Where(type => type.FullName == SectionEnum)];
        _types = [.. all.Where(type => onlyNamespace is null || type.FullName.StartsWith(onlyNamespace + "."))];
    }

    /// <summary>Reads and checks the ABI. <paramref name="onlyNamespace"/> leaves out everything outside it, for
    /// tests.</summary>
    public static AbiModel Read(IEnumerable<AssemblySource> assemblies, string? onlyNamespace = null)
    {
        AbiModel model = new ModelReader(assemblies, onlyNamespace).ReadAll();
        if (model.Names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new AbiGenException(twice.Key, "is declared twice");
        }

        DocChecker.Check(model);
        return model;
    }

    private AbiModel ReadAll()
    {
        TypeSource sectionEnum = _sectionTypes.FirstOrDefault()
            ?? throw new AbiGenException(SectionEnum, "is in none of the assemblies");
        CollectTypes();
        foreach (TypeSource type in _types.Where(type => !type.Attributes.Has("Section")))
        {
            FunctionReader.RefuseExports(type);
        }

        return new AbiModel([.. sectionEnum.Fields
            .Where(field => field.Definition.Attributes.HasFlag(FieldAttributes.Literal))
            .Select(ReadSection)
            .OfType<AbiSection>()])
        {
            Layout = [.. _types
                .Where(type => StructReader.IsConstants(type) && !type.Attributes.Has("Section"))
                .Select(ReadConstants)],
        };
    }

    private void CollectTypes()
    {
        foreach (TypeSource type in _types.Where(type => type.Attributes.Has("Section")))
        {
            if (type.IsEnum)
            {
                IntegerType underlying = UnderlyingOf(type);
                CType spelledAs = type.Attributes.Has("CName") ? new TypedefType(type.CName, underlying) : underlying;
                _mapper.AddEnum(type.FullName, spelledAs);
            }
            else if (type.IsStruct)
            {
                _mapper.AddStruct(type.FullName, type.CName, type.Attributes.Has("COpaque"));
            }
            else if (type.IsDelegate)
            {
                MethodSignature<ClrType> signature = InvokeOf(type).DecodeSignature(ClrTypeProvider.Instance, null);
                var pointer = new ClrFunctionPointer(
                    SignatureCallingConvention.CDecl, signature.ReturnType, signature.ParameterTypes);
                _delegates[type] = pointer;
                _mapper.AddCallback(type.FullName, type.CName, pointer);
            }
        }
    }

    /// <summary>A section, or null if nothing is in it.</summary>
    private AbiSection? ReadSection(FieldSource section)
    {
        List<TypeSource> members = [.. _types.Where(type =>
            type.Attributes.Argument("Section") is int value && value == (int)section.Constant)];
        if (members.Count == 0)
        {
            return null;
        }

        List<TypeSource> classes = [.. members.Where(type =>
            !type.IsEnum && !type.IsStruct && !type.IsDelegate && !StructReader.IsConstants(type))];
        List<TypeSource> opening = [.. classes.Where(type => type.Attributes.Property("Section", "Continues") is not true)];
        if (opening.Count != 1)
        {
            throw new AbiGenException(
                section.FullName, $"has {opening.Count} classes that open it; one does, and others say Continues = true");
        }

        return new AbiSection(
            section.Doc.Summary,
            opening[0].Doc,
            [.. members.Where(type => type.IsEnum || StructReader.IsConstants(type)).Select(ReadConstants)],
            DependencyOrder([.. members.Where(type => type.IsDelegate).Select(ReadCallback)]),
            [.. members.Where(type => type.IsStruct).Select(type => StructReader.Read(type, _mapper))],
            [.. opening.Concat(classes.Except(opening)).SelectMany(type => FunctionReader.Read(type, _mapper))]);
    }

    private ConstantGroup ReadConstants(TypeSource type)
    {
        string prefix = type.Attributes.Argument("CPrefix") as string
            ?? throw new AbiGenException(type.FullName, "has no [CPrefix]");
        List<ConstantModel> members = [.. type.Fields
            .Where(field => field.Definition.Attributes.HasFlag(FieldAttributes.Literal) && !field.Attributes.Has("CIgnore"))
            .Select(field => new ConstantModel(
                CNames.Check(field.Attributes.Argument("CName") as string ?? CNames.Constant(prefix, field.Name), field.FullName),
                field.Constant is int or uint or long or ulong or string
                    ? field.Constant
                    : throw new AbiGenException(
                        field.FullName, $"a constant of type {field.Constant.GetType().Name} has no spelling in C"),
                field.Doc))];
        if (members.Count == 0)
        {
            throw new AbiGenException(type.FullName, "has no constants");
        }

        bool hasTypedef = type.IsEnum && type.Attributes.Has("CName");
        TypedefType? typedef = hasTypedef ? new TypedefType(type.CName, UnderlyingOf(type)) : null;
        return new ConstantGroup(typedef, type.Doc, members);
    }

    private CallbackModel ReadCallback(TypeSource type)
    {
        ClrFunctionPointer signature = _delegates[type];
        CType returned = _mapper.Map(signature.Return, AttributeSet.None, type.FullName);
        List<ParameterModel> parameters = FunctionReader.ReadParameters(
            type.Assembly, InvokeOf(type), signature.Parameters, _mapper, type.FullName);
        if (parameters.Count == 0 || parameters[^1] is not { Name: "user" or "arg", Type: PointerType { Target: VoidType } })
        {
            throw new AbiGenException(type.FullName, "a callback ends with void* user");
        }

        return new CallbackModel(type.CName, returned, parameters, type.Doc);
    }

    private static MethodDefinition InvokeOf(TypeSource type) => type.Definition.GetMethods()
        .Select(type.Assembly.Reader.GetMethodDefinition)
        .Single(method => type.Assembly.Reader.GetString(method.Name) == "Invoke");

    private static IntegerType UnderlyingOf(TypeSource type) =>
        TypeMapper.Underlying(type.Fields.Single(field => field.Name == "value__").Type, type.FullName);

    /// <summary>Callbacks in an order in which each stands behind those it takes as parameters.</summary>
    private static List<CallbackModel> DependencyOrder(List<CallbackModel> callbacks)
    {
        var ordered = new List<CallbackModel>();
        while (ordered.Count < callbacks.Count)
        {
            CallbackModel? next = callbacks.Except(ordered).FirstOrDefault(callback => callback.Parameters
                .Select(parameter => parameter.Type).OfType<CallbackType>()
                .All(used => ordered.Any(done => done.Name == used.Name) || callbacks.All(other => other.Name != used.Name)));
            ordered.Add(next ?? throw new AbiGenException(
                callbacks.Except(ordered).First().Name, "callbacks take each other as parameters"));
        }

        return ordered;
    }
}
