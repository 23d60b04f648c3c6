namespace Zocalo.Cli;

/// <summary>An expected failure: one line for the person, one exit code for the script.</summary>
internal class ToolException(string message, int exitCode) : Exception(message)
{
    /// <summary>One of <see cref="Cli.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;
}
