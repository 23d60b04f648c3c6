namespace Zocalo.Cli;

/// <summary>What the shell gets to know. The same list stands in <c>zocalo --help</c>.</summary>
internal static class ExitCode
{
    /// <summary>What was asked for was done; also a server that drained after its first signal.</summary>
    public const int Done = 0;

    /// <summary>The network: refused, reset, unreachable, unresolved, address in use.</summary>
    public const int Network = 1;

    /// <summary>Usage or local: a bad option, a bad address, an unreadable standard input.</summary>
    public const int Usage = 2;

    /// <summary>A deadline passed; the number that <c>timeout(1)</c> uses.</summary>
    public const int Deadline = 124;

    /// <summary>SIGINT, as shells count it: 128 + 2.</summary>
    public const int Interrupted = 130;

    /// <summary>SIGTERM, as shells count it: 128 + 15.</summary>
    public const int Terminated = 143;
}
