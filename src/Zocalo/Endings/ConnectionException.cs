using System.Net.Sockets;
using Zocalo.Endings;

namespace Zocalo;

/// <summary>
/// An operation met a broken connection: what was being sent may not have arrived, what was being read will not come.
/// A peer that simply finished (FIN) is not an error and never gives this.
/// </summary>
public sealed class ConnectionException : IOException
{
    internal ConnectionException(Cause cause) : base(Describe(cause), cause.Exception)
    {
        Reason = cause.Reason;
        SocketError = cause.SocketError;
        Deadline = cause.Deadline;
        ConnectionId = cause.ConnectionId;
    }

    /// <summary>Which connection: its <see cref="Connection.Id"/>. So a handler can tell its client's end from another one's.</summary>
    public long ConnectionId { get; }

    /// <summary>The connection's abnormal cause: the same that <see cref="Connection.Closed"/> will give.</summary>
    public EndReason Reason { get; }

    /// <summary>What the operating system said, when it said something.</summary>
    public SocketError? SocketError { get; }

    /// <summary>Which time limit passed, with <see cref="EndReason.DeadlineExceeded"/>.</summary>
    public Deadline? Deadline { get; }

    private static string Describe(Cause cause) => cause.Reason switch
    {
        EndReason.Reset => $"The peer reset the connection ({cause.SocketError}).",
        EndReason.Unresponsive => $"The peer no longer answers ({cause.SocketError}).",
        EndReason.DeadlineExceeded => $"The connection was cut: its {cause.Deadline} deadline passed.",
        EndReason.LimitExceeded => cause.Exception?.Message ?? "The connection was cut: a limit was exceeded.",
        EndReason.PeerFinished => "The peer finished (FIN).",
        EndReason.Drained => "The server is stopping.",
        EndReason.Truncated => "The connection ended in the middle of a message.",
        EndReason.ProtocolError => "The connection was cut: the peer broke the protocol.",
        EndReason.HandlerFailed => "The connection was cut: its handler failed.",
        EndReason.Replaced => "The connection was cut: a newer one took its place.",
        _ => "The connection was aborted on this side.",
    };
}
