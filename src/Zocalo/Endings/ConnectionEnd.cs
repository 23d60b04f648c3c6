using System.Globalization;
using System.Net.Sockets;

namespace Zocalo;

/// <summary>How a connection ended: one value, made once, never changed. Immutable and thread-safe.</summary>
public sealed record ConnectionEnd
{
    /// <summary>Why, in one word.</summary>
    public required EndReason Reason { get; init; }

    /// <summary>How the peer's bytes to us ended.</summary>
    public required DirectionEnd Input { get; init; }

    /// <summary>How our bytes to the peer ended.</summary>
    public required DirectionEnd Output { get; init; }

    /// <summary>Bytes received from the kernel, including those that the program did not read.</summary>
    public required long BytesReceived { get; init; }

    /// <summary>Bytes handed to the kernel. If <see cref="Output"/> is <see cref="DirectionEnd.Broken"/>, fewer may have reached the
    /// peer.</summary>
    public required long BytesSent { get; init; }

    /// <summary>Which time limit passed, with <see cref="EndReason.DeadlineExceeded"/>.</summary>
    public Deadline? Deadline { get; init; }

    /// <summary>The operating system's error, if there was one.</summary>
    public SocketError? SocketError { get; init; }

    /// <summary>What the handler threw, with <see cref="EndReason.HandlerFailed"/>, or the argument of <c>Output.Complete</c>.</summary>
    public Exception? Exception { get; init; }

    /// <summary>One line for people, such as <c>PeerFinished, 49 in, 49 out</c> or <c>Reset (ConnectionReset), 12 in, 0 out</c>.</summary>
    public override string ToString()
    {
        var detail = Deadline is { } deadline ? $" ({deadline})" : SocketError is { } error ? $" ({error})" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{Reason}{detail}, {BytesReceived} in, {BytesSent} out");
    }
}
