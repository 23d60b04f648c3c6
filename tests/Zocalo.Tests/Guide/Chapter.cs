using System.Text.RegularExpressions;

namespace Zocalo.Tests.Guide;

/// <summary>A chapter as its file has it: the fenced blocks and the links.</summary>
internal sealed partial class Chapter
{
    public Chapter(string path)
    {
        Path = path;
        Text = File.ReadAllText(path);
        Blocks =
        [
            .. Fence().Matches(Text).Select(
                match => new Block(match.Groups["kind"].Value, match.Groups["lines"].Value.TrimEnd().Split('\n'))),
        ];
        Links = [.. Link().Matches(Fence().Replace(Text, "")).Select(match => match.Groups["target"].Value)];
    }

    public string Path { get; }

    public string Text { get; }

    public IReadOnlyList<Block> Blocks { get; }

    public IReadOnlyList<string> Links { get; }

    /// <summary>02-a-client: the same in each language.</summary>
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>The samples to whose source it links, such as a-client.</summary>
    public IReadOnlyList<string> Samples =>
    [
        .. Links
            .Select(link => SampleLink().Match(link))
            .Where(match => match.Success)
            .Select(match => match.Groups["sample"].Value)
            .Distinct(),
    ];

    /// <summary>The chapters in their order, without the table of contents.</summary>
    public static IReadOnlyList<Chapter> Of(string language) =>
        [.. Directory.GetFiles(GuideFiles.Guide(language), "??-*.md").Order(StringComparer.Ordinal).Select(path => new Chapter(path))];

    [GeneratedRegex("^```(?<kind>\\w*)\\n(?<lines>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\]\((?<target>[^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"/samples/Guide/(?<sample>[^/]+)/Program\.cs$")]
    private static partial Regex SampleLink();

    /// <summary>What stands between two fences.</summary>
    internal sealed record Block(string Kind, IReadOnlyList<string> Lines)
    {
        public override string ToString() => string.Join('\n', Lines);

        /// <summary>Whether <paramref name="source"/> has these lines, one after the other; indentation as a whole does not
        /// count.</summary>
        public bool IsIn(IReadOnlyList<string> source) =>
            Enumerable.Range(0, Math.Max(0, source.Count - Lines.Count + 1))
                .Any(first => Unindent([.. source.Skip(first).Take(Lines.Count)]).SequenceEqual(Unindent(Lines)));

        private static IEnumerable<string> Unindent(IReadOnlyList<string> lines)
        {
            var margin = lines.Where(line => line.Length > 0)
                .Select(line => line.Length - line.TrimStart(' ').Length)
                .DefaultIfEmpty(0)
                .Min();
            return lines.Select(line => line.Length > 0 ? line[margin..] : line);
        }
    }
}
