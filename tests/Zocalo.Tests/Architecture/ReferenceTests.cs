using System.Reflection;
using System.Text.RegularExpressions;
using Zocalo.Testing;

namespace Zocalo.Tests.Architecture;

/// <summary>Which assembly may reference which: all may use the library, which uses nothing of ours. Inside them:
/// <see cref="LayerTests"/>.</summary>
public sealed partial class ReferenceTests
{
    private static readonly string[] OfZocalo = ["Microsoft.Extensions.Logging.Abstractions", "System.IO.Hashing"];
    private static readonly string[] OfTesting = ["Zocalo", "Microsoft.Extensions.Logging.Abstractions"];
    private static readonly string[] OfTool =
        ["Zocalo", "System.CommandLine", "Spectre.Console", "Microsoft.Extensions.Logging.Abstractions"];

    [Fact]
    public void The_library_references_only_the_framework_logging_and_hashing() => AssertReferences(typeof(Connection).Assembly, OfZocalo);

    [Fact]
    public void The_testing_package_references_the_library() => AssertReferences(typeof(SimulatedNetwork).Assembly, OfTesting);

    [Fact]
    public void The_tool_uses_only_what_any_user_can()
    {
        var project = File.ReadAllText(Repository.Path("src", "Zocalo.Cli", "Zocalo.Cli.csproj"));
        var references = ReferencePattern().Matches(project)
            .Select(match => Path.GetFileNameWithoutExtension(match.Groups[1].Value))
            .ToArray();
        Assert.All(references, reference => Assert.Contains(reference switch
        {
            "System" => "System.CommandLine",
            "Spectre" => "Spectre.Console",
            _ => reference,
        }, OfTool));
        Assert.DoesNotContain(
            "Zocalo.Cli\"", File.ReadAllText(Repository.Path("src", "Zocalo", "Zocalo.csproj")), StringComparison.Ordinal);
    }

    private static void AssertReferences(Assembly assembly, string[] allowed) => Assert.All(
        assembly.GetReferencedAssemblies().Select(name => name.Name!),
        name =>
            Assert.True(
                name.StartsWith("System.", StringComparison.Ordinal) || name == "Microsoft.Win32.Primitives" || allowed.Contains(name),
                $"{assembly.GetName().Name} references {name}."));

    [GeneratedRegex("(?:Project|Package)Reference Include=\"([^\"]+)\"")]
    private static partial Regex ReferencePattern();
}
