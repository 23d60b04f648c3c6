using System.Net.Sockets;
using Zocalo.Endings;

namespace Zocalo;

/// <summary>
/// An operation met a broken connection: what was being sent may not have arrived, and what was being read will not come. A peer that only
/// finished (FIN) is not an error and never causes this exception.
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

    /// <summary>The <see cref="Connection.Id"/> of the connection. With it a handler can tell the end of its own client from that of
    /// another connection.</summary>
    public long ConnectionId { get; }

    /// <summary>The connection's abnormal cause: the same that <see cref="Connection.Closed"/> will give.</summary>
    public EndReason Reason { get; }

    /// <summary>The operating system's error, if there was one.</summary>
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
