using System.Globalization;

namespace Zocalo.Cli;

/// <summary>From the end of a connection, or from what was thrown, to the line and the exit code that the shell sees.</summary>
internal static class ExitSummary
{
    /// <summary>Null for an end that is no error.</summary>
    public static ToolException? Of(ConnectionEnd end)
    {
        string totals = string.Create(CultureInfo.InvariantCulture, $"after {end.BytesReceived} bytes in, {end.BytesSent} out");
        return end.Reason switch
        {
            EndReason.PeerFinished or EndReason.Completed or EndReason.Drained => null,

            // --eof close does not insist on the peer's answer to our end.
            EndReason.DeadlineExceeded when end.Deadline == Deadline.Close => null,
            EndReason.DeadlineExceeded => new($"deadline {end.Deadline} passed {totals}", ExitCode.Deadline),
            EndReason.Reset => new($"reset by peer {totals}; it refused or crashed, see its own log", ExitCode.Network),
            EndReason.Truncated => new(
                $"the peer finished inside a message {totals}{Details(end)}; it was cut off, or --frame is not what it speaks",
                ExitCode.Network),
            EndReason.ProtocolError =>
                new($"the peer broke the format {totals}{Details(end)}; is --frame what it speaks?", ExitCode.Network),
            EndReason.Unresponsive => new($"the peer no longer answers {totals}; check it and the network between", ExitCode.Network),
            _ => new($"the connection broke {totals} ({end.Reason}{(end.SocketError is { } error ? $", {error}" : "")})", ExitCode.Network),
        };
    }

    private static string Details(ConnectionEnd end) => end.Exception is FrameException broken ? $": {broken.Message}" : "";

    /// <summary>Every failure has a line and a code; one that nobody expected says so.</summary>
    public static ToolException Of(Exception failure) => failure switch
    {
        ToolException known => known,
        NetworkException network => new(network.Message, ExitCode.Network),
        ConnectionException broken =>
            new(broken.Message, broken.Reason == EndReason.DeadlineExceeded ? ExitCode.Deadline : ExitCode.Network),
        AddressException address => new(address.Message, ExitCode.Usage),
        TimeoutException late => new(late.Message, ExitCode.Deadline),
        _ => new($"unexpected {failure.GetType().Name}: {failure.Message}; this is a bug in zocalo, please report it", ExitCode.Usage),
    };
}

/// <summary>An expected failure: one line for the person, one exit code for the script.</summary>
internal class ToolException(string message, int exitCode) : Exception(message)
{
    /// <summary>One of <see cref="Cli.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;
}

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
