using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.System;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>Linux's own calls, except where a test answers in their place, or lets them take less than they were offered. Counts what is
/// closed.</summary>
internal sealed class InjectedCalls : SocketCalls
{
    private static readonly SocketCalls Linux = LinuxSocketCalls.Instance;

    /// <summary>A receive that filled, or a send that took, what it was offered, however much that is.</summary>
    internal static IoResult Full { get; } = IoResult.Done(int.MaxValue);

    /// <summary>Each is asked with the socket before the call is made; null makes the call.</summary>
    internal Func<int, IoResult?> OnReceive { get; set; } = static _ => null;

    /// <inheritdoc cref="OnReceive"/>
    internal Func<int, IoResult?> OnSend { get; set; } = static _ => null;

    /// <inheritdoc cref="OnReceive"/>
    internal Func<int, IoResult?> OnAccept { get; set; } = static _ => null;

    /// <inheritdoc cref="OnReceive"/>
    internal Func<int, IoResult?> OnConnect { get; set; } = static _ => null;

    /// <summary>What a test does before a socket is taken over.</summary>
    internal Action<Socket> OnAdopt { get; set; } = static _ => { };

    /// <summary>How many bytes at most the next receive or send is offered.</summary>
    internal Func<int> Most { get; set; } = static () => int.MaxValue;

    /// <summary>What a test does before the socket's peer is asked for.</summary>
    internal Action OnLocalName { get; set; } = static () => { };

    /// <summary>Sockets that were said to have nothing, or nothing more, though they may: see <see cref="HonestPoller"/>.</summary>
    internal ConcurrentDictionary<int, bool> Denied { get; } = new();

    /// <summary>How often each number was closed.</summary>
    internal ConcurrentQueue<int> Closed { get; } = new();

    /// <summary>Those whose close is to be a reset.</summary>
    internal ConcurrentQueue<int> Reset { get; } = new();

    internal override IoResult Receive(int socket, Span<byte> into)
    {
        if (Pass(OnReceive(socket), socket) is { } injected)
        {
            return Cut(injected, into.Length)!.Value;
        }
        var most = Math.Min(into.Length, Most());
        var received = Linux.Receive(socket, into[..most]);
        if (received.Bytes == most && most < into.Length)
        {
            Denied[socket] = true;      // a receive that is short has emptied the queue: what is left there came just now
        }
        return received;
    }

    internal override IoResult Send(int socket, ReadOnlySpan<byte> bytes) =>
        Cut(Pass(OnSend(socket), socket), bytes.Length) ?? Linux.Send(socket, bytes[..Math.Min(bytes.Length, Most())]);

    internal override IoResult Send(int socket, in ReadOnlySequence<byte> bytes) =>
        Cut(Pass(OnSend(socket), socket), bytes.Length) ?? Linux.Send(socket, bytes.Slice(0, Math.Min(bytes.Length, Most())));

    internal override IoResult Accept(int listener, out SocketName peer)
    {
        peer = default;
        return Pass(OnAccept(listener), listener) ?? Linux.Accept(listener, out peer);
    }

    internal override IoResult Connect(int socket, EndPoint to) => OnConnect(socket) ?? Linux.Connect(socket, to);

    internal override SocketError TakeError(int socket) => Linux.TakeError(socket);

    internal override bool WasReset(int socket, long received) => Linux.WasReset(socket, received);

    internal override PeerState Peer(int socket) => Linux.Peer(socket);

    internal override int ReceiveQueueLength(int socket) => Linux.ReceiveQueueLength(socket);

    internal override SocketError FinishOutput(int socket, bool isUnix) => Linux.FinishOutput(socket, isUnix);

    internal override void StopListening(int listener) => Linux.StopListening(listener);

    internal override bool IsReadable(int socket) => Linux.IsReadable(socket);

    internal override int SendQueueLength(int socket) => Linux.SendQueueLength(socket);

    internal override SocketName LocalName(int socket)
    {
        OnLocalName();
        return Linux.LocalName(socket);
    }

    internal override void ResetAtClose(int socket)
    {
        Reset.Enqueue(socket);
        Linux.ResetAtClose(socket);
    }

    internal override void Close(int socket)
    {
        Closed.Enqueue(socket);
        Linux.Close(socket);
    }

    internal override int Adopt(Socket socket)
    {
        OnAdopt(socket);
        return Linux.Adopt(socket);
    }

    private static IoResult? Cut(IoResult? injected, long most) =>
        injected is { IsDone: true } done ? IoResult.Done((int)Math.Min(done.Bytes, most)) : injected;

    private IoResult? Pass(IoResult? injected, int socket)
    {
        if (injected is { IsPending: true })
        {
            Denied[socket] = true;
        }
        return injected;
    }
}
