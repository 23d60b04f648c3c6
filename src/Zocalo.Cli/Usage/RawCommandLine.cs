using System.Text;
using System.Text.Unicode;

namespace Zocalo.Cli;

/// <summary>
/// The command line as the system has it. The runtime decodes it as UTF-8 and puts U+FFFD where that fails: what would be sent then,
/// or opened, is not what was given. And it gives the path of the library in place of what was typed.
/// </summary>
internal static class RawCommandLine
{
    private const char Replacement = '\uFFFD';
    private const string CommandLine = "/proc/self/cmdline";

    // What no POSIX shell takes for something else.
    private const string PlainMarks = "/._-+:@%,=";

    /// <summary>What a person types to run this program: <c>zocalo</c> from the PATH, a path, or <c>dotnet Zocalo.Cli.dll</c>.</summary>
    public static string ProgramName { get; } = ProgramNameOf(
        TryRead() is { } words
            ? Encoding.UTF8.GetString(words).Split('\0', StringSplitOptions.RemoveEmptyEntries)
            : [Environment.ProcessPath ?? "zocalo"],
        Environment.CurrentDirectory);

    /// <summary>
    /// What is wrong with the first argument that is not UTF-8; null when all are, or where the system does not show it (only Linux does).
    /// </summary>
    /// <param name="arguments">As the runtime gave them.</param>
    public static string? FindFault(string[] arguments) =>
        // U+FFFD itself is a character that may be meant: only the bytes can tell.
        Array.Exists(arguments, argument => argument.Contains(Replacement)) && TryRead() is { } commandLine
            ? FindFault(arguments, commandLine)
            : null;

    /// <param name="arguments">As the runtime gave them.</param>
    /// <param name="commandLine">Each argument with a zero byte behind it; those of the program's own start come first.</param>
    internal static string? FindFault(string[] arguments, ReadOnlySpan<byte> commandLine)
    {
        var raw = new List<byte[]>();
        while (commandLine.IndexOf((byte)0) is >= 0 and var end)
        {
            raw.Add(commandLine[..end].ToArray());
            commandLine = commandLine[(end + 1)..];
        }
        return raw[Math.Max(0, raw.Count - arguments.Length)..].Find(argument => !Utf8.IsValid(argument)) is { } faulty
            ? $"the argument {ByteText.Repr(faulty)} is not UTF-8, and would not arrive as it is; "
                + $"to send such bytes, write --send-hex {HexOf(faulty)}"
            : null;
    }

    /// <param name="words">The words of the command line, the program's first.</param>
    /// <param name="directory">Where the person is: a path below it is shown from there.</param>
    internal static string ProgramNameOf(string[] words, string directory)
    {
        if (words.Length == 0)
        {
            return "zocalo";
        }
        // 'dotnet Zocalo.Cli.dll …'; the words before the library are dotnet's own options.
        var library = Path.GetFileNameWithoutExtension(words[0]) == "dotnet"
            ? Array.FindIndex(words, word => word.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
            : 0;
        return string.Join(
            ' ',
            words[..(Math.Max(library, 0) + 1)].Select((word, index) => Quoted(index == 0 && library > 0 ? word : Near(word, directory))));
    }

    // Of --send=BYTES the bytes. A text with escapes stands for other bytes than its own.
    private static string HexOf(ReadOnlySpan<byte> argument)
    {
        var option = "--send="u8;
        var text = argument.StartsWith(option) ? argument[option.Length..] : argument;
        return text.Contains((byte)'\\') || text.Length > 32 ? "and their digits" : Convert.ToHexStringLower(text);
    }

    private static string Near(string path, string directory)
    {
        var below = directory.EndsWith('/') ? directory : directory + "/";
        if (!path.StartsWith(below, StringComparison.Ordinal) || path.Length == below.Length)
        {
            return path;
        }
        var relative = path[below.Length..];
        return relative.Contains('/') ? relative : "./" + relative;
    }

    private static string Quoted(string word) => word.All(c => char.IsAsciiLetterOrDigit(c) || PlainMarks.Contains(c))
        ? word
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static byte[]? TryRead()
    {
        try
        {
            return File.ReadAllBytes(CommandLine);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
