using System.Text.RegularExpressions;

namespace Zocalo.Tests.Architecture;

/// <summary>No line is longer than a reader's window is wide, and no file of the library longer than what can be kept in mind.</summary>
public sealed partial class LineLengthTests
{
    private const int MostColumns = 140;
    private const int MostLines = 400;

    private static readonly string[] Folders = ["src", "tests", "samples", "benchmarks", "docs"];
    private static readonly string[] Documents = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"];
    private static readonly string[] Kinds = [".cs", ".md", ".py", ".toml", ".csproj", ".props", ".slnx", ".sh"];
    private static readonly string[] Built = ["artifacts", "bin", "obj"];

    [Fact]
    public void No_line_has_more_than_140_columns()
    {
        var files = Files();
        Assert.NotEmpty(files);
        var tooLong = files.SelectMany(TooLong).ToList();
        Assert.True(tooLong.Count == 0, $"longer than {MostColumns}:\n{string.Join('\n', tooLong)}");
    }

    [Fact]
    public void No_source_file_has_more_than_400_lines()
    {
        var sources = Files()
            .Where(path => path.StartsWith("src/", StringComparison.Ordinal) && path.EndsWith(".cs", StringComparison.Ordinal))
            .ToList();
        Assert.NotEmpty(sources);
        var tooLong = sources
            .Select(path => (Path: path, Lines: File.ReadLines(Repository.Path(path)).Count()))
            .Where(file => file.Lines > MostLines)
            .Select(file => $"{file.Path}: {file.Lines}")
            .ToList();
        Assert.True(tooLong.Count == 0, $"longer than {MostLines}:\n{string.Join('\n', tooLong)}");
    }

    /// <summary>Relative to the root, with slashes.</summary>
    private static List<string> Files() =>
    [
        .. Documents,
        .. Folders
            .SelectMany(folder => Directory.EnumerateFiles(Repository.Path(folder), "*", SearchOption.AllDirectories))
            .Where(path => Kinds.Contains(Path.GetExtension(path)))
            .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => Built.Contains(part)))
            .Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<string> TooLong(string path)
    {
        var lines = File.ReadLines(Repository.Path(path)).Select((text, index) => (Text: text, Number: index + 1));
        var judged = Path.GetExtension(path) switch
        {
            ".md" => Breakable(lines),
            ".cs" => OutsideRawStrings(lines),
            _ => lines,
        };
        return judged.Where(line => line.Text.Length > MostColumns).Select(line => $"{path}:{line.Number}: {line.Text.Length}");
    }

    /// <summary>Neither a table's row, nor in a block of code, nor a single long word such as a link.</summary>
    private static IEnumerable<(string Text, int Number)> Breakable(IEnumerable<(string Text, int Number)> lines)
    {
        var isCode = false;
        foreach (var line in lines)
        {
            if (Fence().IsMatch(line.Text))
            {
                isCode = !isCode;
            }
            else if (!isCode && !line.Text.StartsWith('|') && !SingleWord().IsMatch(line.Text))
            {
                yield return line;
            }
        }
    }

    /// <summary>A break in a raw string literal would be a part of it. One that has lines of its own begins at a line's end and ends at
    /// another's beginning.</summary>
    private static IEnumerable<(string Text, int Number)> OutsideRawStrings(IEnumerable<(string Text, int Number)> lines)
    {
        string? quotes = null;
        foreach (var line in lines)
        {
            if (quotes is null)
            {
                yield return line;
                quotes = RawStringBegins().Match(line.Text) is { Success: true } begins ? begins.Groups["quotes"].Value : null;
            }
            else if (line.Text.TrimStart().StartsWith(quotes, StringComparison.Ordinal))
            {
                yield return line;
                quotes = null;
            }
        }
    }

    [GeneratedRegex("^ *(```|~~~)")]
    private static partial Regex Fence();

    // Behind the indentation and a list's mark.
    [GeneratedRegex(@"^\s*(?:(?:[-*+>]|\d+[.)])\s+)?\S+\s*$")]
    private static partial Regex SingleWord();

    [GeneratedRegex("(?:^|[^\"@])(?<quotes>\"{3,})$")]
    private static partial Regex RawStringBegins();
}
