using System.Reflection;
using System.Text.RegularExpressions;
using Zocalo.Testing;

namespace Zocalo.Tests.Architecture;

/// <summary>Which house may point at which (DESIGN: everything points at Zocalo, it points at nothing of ours), and which room at
/// which.</summary>
public sealed partial class ReferenceTests
{
    private static readonly string[] OfZocalo = ["Microsoft.Extensions.Logging.Abstractions"];
    private static readonly string[] OfTesting = ["Zocalo", "Microsoft.Extensions.Logging.Abstractions"];
    private static readonly string[] OfTool = ["Zocalo", "System.CommandLine", "Microsoft.Extensions.Logging.Abstractions"];

    // What a room may use, besides itself and the public types of the namespace Zocalo.
    private static readonly Dictionary<string, string[]> Rooms = new()
    {
        ["Addresses"] = [],
        ["Buffers"] = [],
        ["Connections"] = ["Addresses", "Buffers", "Engines", "Telemetry"],
        ["Engines"] = ["Addresses", "Buffers"],
        ["Framing"] = [],
        ["Messaging"] = ["Connections", "Framing", "Telemetry"],
        ["Selecting"] = ["Engines"],
        ["Serving"] = ["Connections", "Engines", "Telemetry"],
        ["Telemetry"] = [],
    };

    [Fact]
    public void The_library_references_only_the_framework_and_logging() => AssertReferences(typeof(Connection).Assembly, OfZocalo);

    [Fact]
    public void The_testing_package_references_the_library() => AssertReferences(typeof(SimulatedNetwork).Assembly, OfTesting);

    [Fact]
    public void The_tool_uses_only_what_any_user_can()
    {
        var project = File.ReadAllText(Repository.Path("src", "Zocalo.Cli", "Zocalo.Cli.csproj"));
        var references = ReferencePattern().Matches(project)
            .Select(match => Path.GetFileNameWithoutExtension(match.Groups[1].Value))
            .ToArray();
        Assert.All(references, reference => Assert.Contains(reference == "System" ? "System.CommandLine" : reference, OfTool));
        Assert.DoesNotContain(
            "Zocalo.Cli\"", File.ReadAllText(Repository.Path("src", "Zocalo", "Zocalo.csproj")), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_room_uses_only_the_rooms_it_may()
    {
        var sources = Directory.GetFiles(Repository.Path("src", "Zocalo"), "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(sources);
        foreach (var source in sources)
        {
            var room = Path.GetRelativePath(Repository.Path("src", "Zocalo"), source).Split(Path.DirectorySeparatorChar)[0];
            foreach (Match use in UsePattern().Matches(File.ReadAllText(source)))
            {
                var used = use.Groups[1].Value;
                Assert.True(used == room || Rooms[room].Contains(used), $"{source} is in {room}, which may not use {used}.");
            }
        }
    }

    private static void AssertReferences(Assembly assembly, string[] allowed) => Assert.All(
        assembly.GetReferencedAssemblies().Select(name => name.Name!),
        name =>
            Assert.True(
                name.StartsWith("System.", StringComparison.Ordinal) || name == "Microsoft.Win32.Primitives" || allowed.Contains(name),
                $"{assembly.GetName().Name} references {name}."));

    [GeneratedRegex("(?:Project|Package)Reference Include=\"([^\"]+)\"")]
    private static partial Regex ReferencePattern();

    [GeneratedRegex(@"\bZocalo\.(Addresses|Buffers|Connections|Engines|Framing|Messaging|Selecting|Serving|Telemetry)\b")]
    private static partial Regex UsePattern();
}
