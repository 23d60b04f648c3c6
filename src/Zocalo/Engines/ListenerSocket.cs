using System.Net;
using System.Net.Sockets;

namespace Zocalo.Engines;

/// <summary>
/// A listening socket as an engine drives it. One accept at a time; <see cref="Close"/> may come from any thread and ends a waiting
/// accept with <see cref="SocketError.OperationAborted"/>.
/// </summary>
internal abstract class ListenerSocket
{
    internal abstract EndPoint LocalEndPoint { get; }

    /// <summary>Where code that accepts from it is at home: the loop on which all of its connections live. Null: it has no such
    /// loop.</summary>
    internal virtual EngineScheduler? Scheduler => null;

    /// <summary>True when a connection waits in the backlog, so that <see cref="AcceptAsync"/> would not wait; false when the backlog is
    /// not ours alone.</summary>
    internal abstract bool IsConnectionWaiting { get; }

    /// <summary>The next connection, or why there is none: errors are values here, since no accept error ends a server.</summary>
    internal abstract ValueTask<AcceptResult> AcceptAsync();

    internal abstract void Close();
}

/// <summary>An accepted stream, or the error.</summary>
internal readonly record struct AcceptResult(StreamSocket? Socket, SocketError Error);

/// <summary>A connected stream, or the error.</summary>
internal readonly record struct ConnectResult(StreamSocket? Socket, SocketError Error);
