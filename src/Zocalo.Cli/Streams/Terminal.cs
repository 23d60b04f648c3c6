namespace Zocalo.Cli;

/// <summary>What standard output can show.</summary>
internal static class Terminal
{
    /// <summary>It is a terminal that moves its cursor when it is told to.</summary>
    public static bool IsScreen =>
        StandardStream.Output.IsTerminal && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>Nobody has asked for text without colour (NO_COLOR, https://no-color.org).</summary>
    public static bool WantsColour => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
}
