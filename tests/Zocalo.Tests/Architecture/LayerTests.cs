using System.Text.RegularExpressions;
using Zocalo.Tests.Architecture.Planted;

namespace Zocalo.Tests.Architecture;

/// <summary>The tables of docs/architecture.md are what the compiled assemblies say: each folder uses those that its row names, and no
/// folders use each other in a circle.</summary>
public sealed partial class LayerTests
{
    private const string Root = "(root)";

    public static TheoryData<string> Assemblies => ["Zocalo", "Zocalo/Engines", "Zocalo.Testing", "Zocalo.Cli"];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Folders_use_what_the_table_says(string of)
    {
        var written = ReadTable(of).SelectMany(row => row.Value.Select(used => $"{row.Key} -> {used}")).Order().ToList();
        var found = Uses(of).Select(use => $"{use.From} -> {use.To}").Order().ToList();
        Assert.True(written.SequenceEqual(found), $"""
            docs/architecture.md, the table of src/{of}
              names, and the code does not use: {string.Join(", ", written.Except(found))}
              lacks: {string.Join(", ", Uses(of).Where(use => !written.Contains($"{use.From} -> {use.To}")))}
            """);
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void No_folders_use_each_other_in_a_circle(string of) => Assert.Equal([], Circle(Uses(of)));

    [Fact]
    public void A_circle_between_two_folders_is_seen()
    {
        var uses = FolderUses.Read(typeof(LayerTests).Assembly.Location, "tests/Zocalo.Tests", FolderBelow("Architecture/Planted"));
        Assert.Contains(uses, use => use is { From: "One", To: "Other", Example: "Ping.Answer uses Pong" });
        Assert.Contains(uses, use => use is { From: "Other", To: "One" });
        Assert.Equal(["One", "Other"], Circle(uses).Order());
        Assert.Equal(1, new Ping().Answer() - new Pong().Answer());
    }

    private static IReadOnlyList<FolderUse> Uses(string of)
    {
        var parts = of.Split('/', 2);
        return FolderUses.Read(Repository.Built(parts[0]), $"src/{parts[0]}", parts.Length == 1 ? FirstFolder : FolderBelow(parts[1]));
    }

    private static string FirstFolder(string file) => file.Split('/') is [var first, _, ..] ? first : Root;

    /// <summary>The subfolders of one folder. The files directly in it do not count, nor does anything outside.</summary>
    private static Func<string, string?> FolderBelow(string folder) =>
        file => file.StartsWith(folder + "/", StringComparison.Ordinal) && file[(folder.Length + 1)..].Split('/') is [var first, _, ..]
            ? first
            : null;

    /// <returns>Folders of which each uses one that uses it, perhaps by others: what is left when those are taken away that use nobody, or
    /// that nobody uses.</returns>
    private static List<string> Circle(IReadOnlyList<FolderUse> uses)
    {
        var left = uses.ToList();
        while (left.RemoveAll(use => !left.Exists(next => next.From == use.To) || !left.Exists(last => last.To == use.From)) > 0)
        {
        }
        return [.. left.Select(use => use.From).Distinct()];
    }

    private static Dictionary<string, string[]> ReadTable(string of)
    {
        var lines = File.ReadLines(Repository.Path("docs", "architecture.md"))
            .SkipWhile(line => !line.StartsWith($"| folder of `src/{of}` |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'));
        var rows = lines.Select(line => line.Split('|'))
            .ToDictionary(
                cells => Name().Match(cells[1]).Groups[1].Value,
                cells => Name().Matches(cells[^2]).Select(match => match.Groups[1].Value).ToArray());
        Assert.NotEmpty(rows);
        return rows;
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name();
}
