// Exports: static methods with [UnmanagedCallersOnly(EntryPoint = …)] in classes with a [Section]. One that stands
// elsewhere would be in the library but not in the header, so it is refused.

using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Reflection.Metadata;
using RefRuntime.AbiGen.Model;

namespace RefRuntime.AbiGen.Reading;

/// <summary>Reads exported functions and parameter lists.</summary>
internal static class FunctionReader
{
    private const string Cdecl = "System.Runtime.CompilerServices.CallConvCdecl";

    /// <summary>The exports of a class, in the order of their declaration.</summary>
    public static IEnumerable<FunctionModel> Read(TypeSource type, TypeMapper mapper)
    {
        foreach ((MethodDefinition method, string member, AttributeSet attributes) in Exports(type))
        {
            string name = CNames.Check((string)attributes.Property("UnmanagedCallersOnly", "EntryPoint")!, member);
            if (!name.StartsWith("rr_"))
            {
                throw new AbiGenException(member, $"exports {name}; every export begins with rr_");
            }

            if (attributes.Property("UnmanagedCallersOnly", "CallConvs")
                    is not ImmutableArray<CustomAttributeTypedArgument<string>> { Length: 1 } conventions
                || (string?)conventions[0].Value != Cdecl)
            {
                throw new AbiGenException(member, "needs CallConvs = [typeof(CallConvCdecl)]");
            }

            MethodSignature<ClrType> signature = method.DecodeSignature(ClrTypeProvider.Instance, null);
            AttributeSet onReturn = ReturnAttributes(type.Assembly, method);
            CType returned = mapper.Map(signature.ReturnType, onReturn, $"{member}, its return value");
            yield return new FunctionModel(
                name,
                returned,
                ReadOwnership(onReturn, returned, member),
                ReadParameters(type.Assembly, method, signature.ParameterTypes, mapper, member),
                type.Assembly.Docs.Require($"M:{member}"));
        }
    }

    /// <summary>Refuses a class that exports without being in a section.</summary>
    public static void RefuseExports(TypeSource type)
    {
        foreach ((_, string member, _) in Exports(type))
        {
            throw new AbiGenException(member, "is exported, but its class has no [Section]");
        }
    }

    public static List<ParameterModel> ReadParameters(
        AssemblySource assembly, MethodDefinition method, ImmutableArray<ClrType> types, TypeMapper mapper, string member)
    {
        var parameters = new List<ParameterModel>();
        IEnumerable<Parameter> all = method.GetParameters().Select(assembly.Reader.GetParameter);
        foreach (Parameter parameter in all.Where(parameter => parameter.SequenceNumber > 0))
        {
            string csharpName = assembly.Reader.GetString(parameter.Name);
            string where = $"{member}, its parameter {csharpName}";
            AttributeSet attributes = assembly.Attributes(parameter.GetCustomAttributes());
            CType type = mapper.Map(types[parameter.SequenceNumber - 1], attributes, where);
            bool acceptsAny = attributes.Has("Any");
            if (acceptsAny && type is not PointerType { Target: VoidType })
            {
                throw new AbiGenException(where, "is [Any] but no void*");
            }

            parameters.Add(new ParameterModel(CNames.Check(CNames.Snake(csharpName), where), type, acceptsAny));
        }

        return parameters;
    }

    private static IEnumerable<(MethodDefinition Method, string Member, AttributeSet Attributes)> Exports(TypeSource type) =>
        from method in type.Definition.GetMethods().Select(type.Assembly.Reader.GetMethodDefinition)
        let attributes = type.Assembly.Attributes(method.GetCustomAttributes())
        where attributes.Property("UnmanagedCallersOnly", "EntryPoint") is string
        select (method, $"{type.FullName}.{type.Assembly.Reader.GetString(method.Name)}", attributes);

    private static AttributeSet ReturnAttributes(AssemblySource assembly, MethodDefinition method) =>
        method.GetParameters()
            .Select(assembly.Reader.GetParameter)
            .Where(parameter => parameter.SequenceNumber == 0)
            .Select(parameter => assembly.Attributes(parameter.GetCustomAttributes()))
            .FirstOrDefault(AttributeSet.None);

    private static Ownership ReadOwnership(AttributeSet attributes, CType returned, string member)
    {
        bool isNew = attributes.Has("New");
        bool isBorrowed = attributes.Has("Borrowed");
        if ((isNew || isBorrowed) && returned is not PointerType { Target: VoidType })
        {
            throw new AbiGenException(member, "returns no object, so it can't be [New] or [Borrowed]");
        }

        if (isNew && isBorrowed)
        {
            throw new AbiGenException(member, "can't be [New] and [Borrowed] at once");
        }

        return isNew ? Ownership.New : isBorrowed ? Ownership.Borrowed : Ownership.None;
    }
}
