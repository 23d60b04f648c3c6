using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Zocalo.Engines.System;

/// <summary>
/// What the loops call the system for, one call each: the place where tests inject short counts, storms of "would block" and
/// errors of every kind. Nothing here waits: what would is <see cref="IoResult.Pending"/>. A socket is its descriptor;
/// its closer sees to it that it is not used any more.
/// </summary>
internal abstract class SocketCalls
{
    /// <summary>Bytes from 1 on; 0 is the peer's FIN.</summary>
    internal abstract IoResult Receive(int socket, Span<byte> into);

    /// <summary>How many bytes the system took.</summary>
    internal abstract IoResult Send(int socket, ReadOnlySpan<byte> bytes);

    /// <inheritdoc cref="Send(int, ReadOnlySpan{byte})"/>
    internal abstract IoResult Send(int socket, in ReadOnlySequence<byte> bytes);

    /// <summary>The next connection's socket, in <see cref="IoResult.Bytes"/>.</summary>
    internal abstract IoResult Accept(int listener, out SocketName peer);

    /// <summary>Begins to connect: done, pending (<see cref="TakeError"/> has the outcome when the socket is writable), or failed.
    /// <see cref="SocketError.WouldBlock"/>: not even begun, since a Unix listener's backlog is full.</summary>
    internal abstract IoResult Connect(int socket, EndPoint to);

    /// <summary>What became of a connect, and no error again until the next one (SO_ERROR, socket(7)).</summary>
    internal abstract SocketError TakeError(int socket);

    /// <summary>
    /// Whether a receive that gave 0 met a reset, which another call on the socket has taken before it: an error is reported once. False
    /// where the system does not say.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="received">The bytes that were received from it.</param>
    internal abstract bool WasReset(int socket, long received);

    /// <summary>See <see cref="StreamSocket.Peer"/>.</summary>
    internal abstract PeerState Peer(int socket);

    /// <summary>See <see cref="StreamSocket.Unreceived"/>.</summary>
    internal abstract int ReceiveQueueLength(int socket);

    /// <summary>Sends the FIN. Fails when the connection is over, since what was sent last is lost then.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="isUnix">A Unix socket says success all the same (unix(7)), and has an error to read.</param>
    internal abstract SocketError FinishOutput(int socket, bool isUnix);

    /// <summary>Lets nobody connect any more: the address is free. The socket's number stays taken until it is closed.</summary>
    internal abstract void StopListening(int listener);

    /// <summary>A receive would not wait; or, of a listener, an accept.</summary>
    internal abstract bool IsReadable(int socket);

    /// <summary>See <see cref="StreamSocket.Unacknowledged"/>.</summary>
    internal abstract int SendQueueLength(int socket);

    internal abstract SocketName LocalName(int socket);

    /// <summary>
    /// From now on the peer sees a reset, where the transport has one, when the socket is closed, whoever closes it: the system does, if
    /// the process exits first.
    /// </summary>
    internal abstract void ResetAtClose(int socket);

    /// <param name="socket">It is gone afterwards.</param>
    internal abstract void Close(int socket);

    /// <summary>Takes a socket over from System.Net.Sockets, which forgets it.</summary>
    internal abstract int Adopt(Socket socket);
}
