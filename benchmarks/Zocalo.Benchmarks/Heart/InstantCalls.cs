using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.System;

namespace Zocalo.Benchmarks.Heart;

/// <summary>
/// A network that costs nothing: each event brings a message, every send takes all. No system call is made and no byte is copied.
/// </summary>
/// <param name="connections">Their sockets are numbered from 1.</param>
/// <param name="bytesOfEvent">What arrives at once.</param>
internal sealed class InstantCalls(int connections, int bytesOfEvent) : SocketCalls
{
    internal const int Listener = 0;

    private readonly int[] _waiting = new int[connections + 1];     // bytes that have arrived and are not received, by socket
    private int _accepted;

    /// <summary>Bytes that have arrived on any connection.</summary>
    internal long Arrived { get; private set; }

    /// <summary>Bytes that were sent on any connection.</summary>
    internal long Sent { get; private set; }

    internal void Arrive(int socket)
    {
        _waiting[socket] += bytesOfEvent;
        Arrived += bytesOfEvent;
    }

    internal override IoResult Receive(int socket, Span<byte> into)
    {
        ref var waiting = ref _waiting[socket];
        if (waiting == 0)
        {
            return IoResult.Pending;
        }
        var received = Math.Min(waiting, into.Length);
        waiting -= received;
        return IoResult.Done(received);
    }

    internal override IoResult Send(int socket, ReadOnlySpan<byte> bytes)
    {
        Sent += bytes.Length;
        return IoResult.Done(bytes.Length);
    }

    internal override IoResult Send(int socket, in ReadOnlySequence<byte> bytes)
    {
        Sent += bytes.Length;
        return IoResult.Done((int)bytes.Length);
    }

    internal override IoResult Accept(int listener, out SocketName peer)
    {
        peer = default;
        return _accepted < connections ? IoResult.Done(++_accepted) : IoResult.Pending;
    }

    /// <summary>The one real socket is the server's listener, which is not needed: its number is enough.</summary>
    internal override int Adopt(Socket socket)
    {
        socket.Dispose();
        return Listener;
    }

    // What a connection that never ends does not need, or gets the dullest answer to.
    internal override IoResult Connect(int socket, EndPoint to) => throw new NotSupportedException();
    internal override SocketError TakeError(int socket) => SocketError.Success;
    internal override bool WasReset(int socket, long received) => false;
    internal override PeerState Peer(int socket) => PeerState.There;

    internal override int ReceiveQueueLength(int socket) => 0;
    internal override SocketError FinishOutput(int socket, bool isUnix) => SocketError.Success;
    internal override bool IsReadable(int socket) => false;
    internal override int SendQueueLength(int socket) => 0;
    internal override SocketName LocalName(int socket) => default;
    internal override void StopListening(int listener) => throw new NotSupportedException();
    internal override void ResetAtClose(int socket) => throw new NotSupportedException();
    internal override void Close(int socket) => throw new NotSupportedException();
}
