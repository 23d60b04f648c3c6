using System.Net.Sockets;

namespace Zocalo.Endings;

/// <summary>An abnormal cause of a connection's end, before the end itself is known.</summary>
internal sealed record Cause(EndReason Reason, SocketError? SocketError = null, Deadline? Deadline = null, Exception? Exception = null)
{
    /// <summary>The <see cref="Connection.Id"/> of the connection that it ends. Set when the cause is noted, or by code that throws it
    /// without noting it.</summary>
    internal long ConnectionId { get; init; }

    /// <summary>Whether the reader still gets the bytes that arrived before this cause: yes if the peer or the network broke the stream, no
    /// if this side did.</summary>
    internal bool LeavesInputReadable => Reason is EndReason.Reset or EndReason.Unresponsive or EndReason.Truncated;

    /// <summary>The only code that gives socket errors of an established stream their meaning.</summary>
    internal static Cause From(SocketError error) => error switch
    {
        System.Net.Sockets.SocketError.TimedOut or
        System.Net.Sockets.SocketError.HostUnreachable or
        System.Net.Sockets.SocketError.NetworkUnreachable or
        System.Net.Sockets.SocketError.HostDown or
        System.Net.Sockets.SocketError.NetworkDown => new(EndReason.Unresponsive, error),
        System.Net.Sockets.SocketError.OperationAborted => new(EndReason.Aborted, error),
        _ => new(EndReason.Reset, error),
    };

    internal ConnectionException ToException() => new(this);
}
