using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Zocalo.Testing;

namespace Zocalo.Tests.Architecture;

/// <summary>What is public has a user: a test, a sample or the tool calls it. Enum members and constants are compiled into their users, and
/// do not count.</summary>
public sealed class PublicMemberTests
{
    [Theory]
    [InlineData("Zocalo")]
    [InlineData("Zocalo.Testing")]
    public void Each_public_member_is_used(string of)
    {
        var used = UsersOf(of).SelectMany(user => NamesOf(user, of)).ToHashSet();
        var assembly = of == "Zocalo" ? typeof(Connection).Assembly : typeof(SimulatedNetwork).Assembly;
        var unused = assembly.GetExportedTypes().SelectMany(MembersOf).Where(member => !used.Contains(member)).ToList();
        Assert.True(unused.Count == 0, $"nothing uses {string.Join(", ", unused)}");
        Assert.DoesNotContain($"{typeof(Connection).FullName}.NoSuchMember", used);
    }

    [Fact]
    public void Zocalo_has_no_public_type_outside_its_namespace() =>
        Assert.All(typeof(Connection).Assembly.GetExportedTypes(), type => Assert.Equal("Zocalo", type.Namespace));

    /// <summary>What was built of this repository, besides the assembly itself, and besides the benchmarks, which a test run does not
    /// build.</summary>
    private static IEnumerable<string> UsersOf(string of) => Directory
        .GetDirectories(Path.GetFullPath(Path.Combine(Repository.Built(of), "..", "..", "..")))
        .Select(folder => Path.GetFileName(folder))
        .Where(project => project != of && project != "Zocalo.Benchmarks")
        .Select(Repository.Built)
        .Where(File.Exists);

    private static IEnumerable<string> MembersOf(Type type)
    {
        const BindingFlags declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        if (type.IsEnum || type.IsSubclassOf(typeof(Delegate)) || type.Name.Contains('<'))     // an extension block's own
        {
            return [];
        }
        return type.GetMethods(declared)
            .Where(method => !IsOfTheLanguage(type, method))
            .Select(method => $"{type.FullName}.{WithoutAccessor(method.Name)}")
            .Distinct();
    }

    /// <summary>A property or an event is used when one of its accessors is.</summary>
    private static string WithoutAccessor(string method) =>
        method.Split('_', 2) is ["get" or "set" or "add" or "remove", var member] ? member : method;

    /// <summary>What every value or record has, an override of the framework's, an interface's; or a member that a user overrides and does
    /// not call.</summary>
    private static bool IsOfTheLanguage(Type type, MethodInfo method) =>
        method.Name is "<Clone>$" or "op_Equality" or "op_Inequality" or "Deconstruct" or "Equals"
        || method is { IsVirtual: true, IsFinal: false }
        || type.GetInterfaces().Any(each => type.GetInterfaceMap(each).TargetMethods.Contains(method));

    /// <summary>Members of <paramref name="of"/> that an assembly names: none if it has no metadata, or does not use it.</summary>
    private static IEnumerable<string> NamesOf(string file, string of)
    {
        using var image = new PEReader(File.OpenRead(file));
        if (!image.HasMetadata)
        {
            yield break;
        }
        var reader = image.GetMetadataReader();
        foreach (var handle in reader.MemberReferences)
        {
            var member = reader.GetMemberReference(handle);
            if (TypeOf(reader, member.Parent) is { } type && IsFrom(reader, type, of))
            {
                yield return $"{FullName(reader, type)}.{WithoutAccessor(reader.GetString(member.Name))}";
            }
        }
    }

    private static TypeReference? TypeOf(MetadataReader reader, EntityHandle parent)
    {
        switch (parent.Kind)
        {
            case HandleKind.TypeReference:
                return reader.GetTypeReference((TypeReferenceHandle)parent);
            case HandleKind.TypeSpecification:      // a generic type's: GENERICINST (CLASS | VALUETYPE) type … (ECMA-335, II.23.2.14)
                var blob = reader.GetBlobReader(reader.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
                if (blob.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
                {
                    return null;
                }
                blob.ReadCompressedInteger();
                return blob.ReadTypeHandle() is { Kind: HandleKind.TypeReference } generic
                    ? reader.GetTypeReference((TypeReferenceHandle)generic)
                    : null;
            default:
                return null;
        }
    }

    private static bool IsFrom(MetadataReader reader, TypeReference type, string assembly) => type.ResolutionScope.Kind switch
    {
        HandleKind.AssemblyReference =>
            reader.StringComparer.Equals(reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name, assembly),
        HandleKind.TypeReference => IsFrom(reader, reader.GetTypeReference((TypeReferenceHandle)type.ResolutionScope), assembly),
        _ => false,
    };

    private static string FullName(MetadataReader reader, TypeReference type) =>
        type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{FullName(reader, reader.GetTypeReference((TypeReferenceHandle)type.ResolutionScope))}+{reader.GetString(type.Name)}"
            : $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
}
