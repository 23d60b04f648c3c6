using System.Text.Unicode;

namespace Zocalo.Cli;

/// <summary>
/// The command line as the system has it. The runtime decodes it as UTF-8 and puts U+FFFD where that fails: what would be sent then,
/// or opened, is not what was given.
/// </summary>
internal static class RawArguments
{
    private const char Replacement = '\uFFFD';
    private const string CommandLine = "/proc/self/cmdline";

    /// <summary>
    /// What is wrong with the first argument that is not UTF-8; null when all are, or where the system does not tell (only Linux does).
    /// </summary>
    /// <param name="arguments">As the runtime gave them.</param>
    public static string? FindFault(string[] arguments)
    {
        // U+FFFD itself is a character that may be meant: only the bytes can tell.
        return OperatingSystem.IsLinux() && Array.Exists(arguments, argument => argument.Contains(Replacement, StringComparison.Ordinal))
            && TryRead() is { } commandLine
            ? FindFault(arguments, commandLine)
            : null;
    }

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
        raw.RemoveRange(0, Math.Max(0, raw.Count - arguments.Length));
        int faulty = raw.FindIndex(argument => !Utf8.IsValid(argument));
        if (faulty < 0)
        {
            return null;
        }
        return $"the argument {ByteText.Repr(raw[faulty])} is not UTF-8, and would not arrive as it is; "
            + $"to send such bytes, write --send-hex {HexOf(raw[faulty])}";
    }

    // Of --send=BYTES the bytes. A text with escapes stands for other bytes than its own.
    private static string HexOf(ReadOnlySpan<byte> argument)
    {
        ReadOnlySpan<byte> option = "--send="u8;
        ReadOnlySpan<byte> text = argument.StartsWith(option) ? argument[option.Length..] : argument;
        return text.Contains((byte)'\\') || text.Length > 32 ? "and their digits" : Convert.ToHexStringLower(text);
    }

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
