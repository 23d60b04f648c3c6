using System.Net.Sockets;

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

/// <summary>An expected failure: one line for the person, one exit code for the script.</summary>
internal class ToolException(string message, int exitCode, SocketError? socketError = null) : Exception(message)
{
    /// <summary>One of <see cref="Cli.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>What the system said, where it was the network.</summary>
    public SocketError? SocketError { get; } = socketError;
}

/// <summary>From the end of a connection, or from what was thrown, to the line and the exit code that the shell sees.</summary>
internal static class ExitSummary
{
    /// <summary>Null for an end that is no error.</summary>
    public static ToolException? Of(ConnectionEnd end)
    {
        var totals = $"after {end.BytesReceived} bytes in, {end.BytesSent} out";
        var details = end.Exception is FrameException broken ? $": {broken.Message}" : "";
        return end.Reason switch
        {
            EndReason.PeerFinished or EndReason.Completed or EndReason.Drained => null,

            // --eof close does not insist on the peer's answer to our end.
            EndReason.DeadlineExceeded when end.Deadline == Deadline.Close => null,
            EndReason.DeadlineExceeded => Because($"deadline {end.Deadline} passed {totals}", ExitCode.Deadline),
            EndReason.Reset => Because($"reset by peer {totals}; it refused or crashed, see its own log"),
            EndReason.Truncated =>
                Because($"the peer finished inside a message {totals}{details}; it was cut off, or --frame is not what it speaks"),
            EndReason.ProtocolError => Because($"the peer broke the format {totals}{details}; is --frame what it speaks?"),
            EndReason.Unresponsive => Because($"the peer no longer answers {totals}; check it and the network between"),
            _ => Because($"the connection broke {totals} ({end.Reason}{(end.SocketError is { } error ? $", {error}" : "")})"),
        };

        ToolException Because(string line, int exitCode = ExitCode.Network) => new(line, exitCode, end.SocketError);
    }

    /// <summary>Every failure has a line and a code; one that nobody expected says so.</summary>
    public static ToolException Of(Exception failure) => failure switch
    {
        ToolException known => known,
        NetworkException network => new(network.Message, ExitCode.Network, network.SocketError),
        ConnectionException broken =>
            new(broken.Message, broken.Reason == EndReason.DeadlineExceeded ? ExitCode.Deadline : ExitCode.Network),
        AddressException address => new(address.Message, ExitCode.Usage),
        TimeoutException late => new(late.Message, ExitCode.Deadline),
        _ => new($"unexpected {failure.GetType().Name}: {failure.Message}; this is a bug in zocalo, please report it", ExitCode.Usage),
    };

    /// <summary>What the library says about a value that it refuses, without the name of its own parameter: that means nothing to a person
    /// at a shell.</summary>
    public static string WithoutParameter(this ArgumentException refused) => refused.Message.Split(" (Parameter '")[0];
}
