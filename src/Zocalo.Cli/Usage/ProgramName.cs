namespace Zocalo.Cli;

/// <summary>What a person types to run this program: <c>zocalo</c> from the PATH, a path, or <c>dotnet Zocalo.Cli.dll</c>.</summary>
internal static class ProgramName
{
    private const string CommandLine = "/proc/self/cmdline";

    // What no POSIX shell takes for something else.
    private const string PlainMarks = "/._-+:@%,=";

    /// <summary>The words that this process was started by, as a shell takes them.</summary>
    public static string Typed { get; } = From(CommandWords(), Environment.CurrentDirectory);

    /// <param name="words">The words of the command line, the program's first.</param>
    /// <param name="directory">Where the person is: a path below it is shown from there.</param>
    internal static string From(string[] words, string directory)
    {
        if (words.Length == 0)
        {
            return "zocalo";
        }
        // 'dotnet Zocalo.Cli.dll …'; the words before the library are dotnet's own options.
        int library = Path.GetFileNameWithoutExtension(words[0]) == "dotnet"
            ? Array.FindIndex(words, word => word.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
            : 0;
        return string.Join(
            ' ',
            words[..(Math.Max(library, 0) + 1)].Select((word, index) => Quoted(index == 0 && library > 0 ? word : Near(word, directory))));
    }

    private static string Near(string path, string directory)
    {
        string below = directory.EndsWith('/') ? directory : directory + "/";
        if (!path.StartsWith(below, StringComparison.Ordinal) || path.Length == below.Length)
        {
            return path;
        }
        string relative = path[below.Length..];
        return relative.Contains('/', StringComparison.Ordinal) ? relative : "./" + relative;
    }

    private static string Quoted(string word) =>
        word.All(c => char.IsAsciiLetterOrDigit(c) || PlainMarks.Contains(c, StringComparison.Ordinal))
        ? word
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    // .NET gives the path of the library in place of what was typed.
    private static string[] CommandWords()
    {
        try
        {
            return File.ReadAllText(CommandLine).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return [Environment.ProcessPath ?? "zocalo"];
        }
    }
}
