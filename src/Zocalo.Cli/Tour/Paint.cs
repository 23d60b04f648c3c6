namespace Zocalo.Cli;

/// <summary>Colour for a terminal that takes it; for a pipe, a file, NO_COLOR or TERM=dumb the text as it is
/// (https://no-color.org).</summary>
internal static class Paint
{
    // An old Windows console prints the escapes as they are.
    private static readonly bool Wanted = !OperatingSystem.IsWindows()
        && StandardStream.Output.IsTerminal
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    public static string Green(string text) => Wanted ? $"\e[32m{text}\e[0m" : text;

    public static string Red(string text) => Wanted ? $"\e[31m{text}\e[0m" : text;
}
