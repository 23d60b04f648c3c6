using System.Globalization;
using System.Text.RegularExpressions;

namespace Zocalo.Tests.Architecture;

/// <summary>The walks of docs/walks.md are those of the code: each method exists, and a walk enters as few files as its title
/// says.</summary>
public sealed partial class WalkTests
{
    private static readonly Dictionary<string, string> Texts = Directory
        .GetFiles(Repository.Path("src", "Zocalo"), "*.cs", SearchOption.AllDirectories)
        .ToDictionary(path => path, File.ReadAllText);

    public static TheoryData<string> Walks => [.. ReadWalks().Select(walk => walk.Title)];

    [Theory]
    [MemberData(nameof(Walks))]
    public void A_walk_goes_through_methods_that_exist_and_the_files_it_says(string title)
    {
        var (_, most, steps) = ReadWalks().Single(walk => walk.Title == title);
        Assert.NotEmpty(steps);
        var files = new HashSet<string>();
        foreach (var (type, method) in steps)
        {
            var file = Find(type, method);
            Assert.True(file is not null, $"{title}: there is no {type}.{method}");
            files.Add(Path.GetFileName(file));
        }
        Assert.True(files.Count <= most, $"{title} enters {files.Count} files: {string.Join(", ", files)}");
    }

    [Fact]
    public void A_method_that_does_not_exist_is_noticed()
    {
        Assert.NotNull(Find("ReadHalf", "Settle"));
        Assert.Null(Find("ReadHalf", "NoSuchMethod"));
        Assert.Null(Find("NoSuchType", "Settle"));
    }

    /// <summary>The file in which the type declares it; of a partial class, the one that has it.</summary>
    private static string? Find(string type, string method)
    {
        var declaration = new Regex($@"\b(class|struct|interface|record) {type}\b");
        var member = new Regex($@"(?m)^ {{4,}}[\w<>\[\]?,.() ]*[ .]{method}(<[\w, ]+>)?( ?\(| =>| \{{|\r?$)");
        return Texts.FirstOrDefault(text => declaration.IsMatch(text.Value) && member.IsMatch(text.Value)).Key;
    }

    private static List<(string Title, int Most, List<(string Type, string Method)> Steps)> ReadWalks()
    {
        var walks = new List<(string, int, List<(string, string)>)>();
        foreach (var line in File.ReadLines(Repository.Path("docs", "walks.md")))
        {
            if (Title().Match(line) is { Success: true } title)
            {
                walks.Add((title.Groups[1].Value, int.Parse(title.Groups[2].Value, CultureInfo.InvariantCulture), []));
            }
            else if (walks.Count > 0)
            {
                walks[^1].Item3.AddRange(Step().Matches(line).Select(step => (step.Groups[1].Value, step.Groups[2].Value)));
            }
        }
        return walks;
    }

    [GeneratedRegex(@"^## (.+): (\d+) files$")]
    private static partial Regex Title();

    [GeneratedRegex(@"`(\w+)\.(\w+)`")]
    private static partial Regex Step();
}
