using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Zocalo.Addresses;
using Zocalo.Buffers;
using Zocalo.Engines.Sockets;

namespace Zocalo.Engines.Async;

/// <summary>
/// A stream socket driven by System.Net.Sockets. Guarantees: an operation that can end at once does, without a hop; one that waits costs
/// one pool callback; an idle connection holds no receive memory (it waits with a zero-byte receive); nothing is allocated for a message.
/// </summary>
internal sealed class AsyncSocket : StreamSocket, IThreadPoolWorkItem
{
    // A send that has to wait waits with a piece of this size, and the rest follows without waiting: so progress shows in small steps.
    private const int PieceToWaitWith = 4096;

    private readonly Socket _socket;
    private readonly EndPoint? _local;      // read at once: a socket that was reset does not have it any more
    private readonly EndPoint? _remote;
    // true: the execution context does not flow through the engine; each continuation brings its own.
    private readonly SocketAsyncEventArgs _receive = new(true);
    private SocketAsyncEventArgs? _send;        // made when a send has to wait: most connections never need it
    private List<ArraySegment<byte>>? _gather;
    private ReceiveBuffer _into = null!;
    private SocketError _waitError;             // what ended a wait: the system reports it once
    private int _isUnanswered;                  // 1: a receive has no answer yet; the thread that makes it 0 gives one
    // 1: a zero-byte receive is in the system, also when the receive that wanted it has ended early
    private int _isWaiting;
    private volatile bool _isToFinish;
    private ReadOnlySequence<byte> _unsent;
    private long _taken;
    private int _aborted;

    /// <param name="socket">Connected, or it was.</param>
    /// <param name="remote">Whom it was connected to: a peer that has reset it already is no longer known to the system.</param>
    internal AsyncSocket(Socket socket, EndPoint? remote)
    {
        _socket = socket;
        _socket.Blocking = false;       // the synchronous calls below answer "would block" instead of waiting
        _local = socket.LocalEndPoint;
        _remote = remote;
        _receive.Completed += static (_, args) => PoolScheduler.Run((AsyncSocket)args.UserToken!, static socket => socket.OnWaited());
        _receive.UserToken = this;
    }

    internal override Address LocalAddress => field ??= EndPoints.ToAddress(_local);

    internal override Address RemoteAddress => field ??= EndPoints.ToAddress(_remote);

    internal override EngineScheduler Scheduler => PoolScheduler.Shared;

    internal override long Sent => Volatile.Read(ref _taken);

    internal override int Unacknowledged => ConnectedSocket.SendQueueLength(_socket);

    internal override PeerState Peer => ConnectedSocket.Peer(_socket);

    internal override int Unreceived => ConnectedSocket.ReceiveQueueLength(_socket);

    internal override bool FindsStalls => OperatingSystem.IsLinux() && _socket.AddressFamily != AddressFamily.Unix;

    internal override IoResult Receive(ReceiveBuffer into)
    {
        _into = into;
        _isToFinish = false;
        Volatile.Write(ref _isUnanswered, 1);
        return ResumeReceive();
    }

    /// <remarks>A receive that is in the system cannot be ended: it stays, and the next one joins it.</remarks>
    internal override void FinishReceive()
    {
        _isToFinish = true;
        // before the look at a receive that is just being looked after: its thread looks here afterwards
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isUnanswered) != 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    internal override IoResult Send(in ReadOnlySequence<byte> bytes)
    {
        _unsent = bytes;
        return ResumeSend();
    }

    internal override IoResult TrySend(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var sent = _socket.Send(bytes, SocketFlags.None, out var error);
            switch (error)
            {
                case SocketError.Success:
                    Count(sent);
                    return IoResult.Done(sent);
                case SocketError.WouldBlock:
                    return IoResult.Done(0);
                default:
                    return IoResult.Failed(error);
            }
        }
        catch (ObjectDisposedException)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
    }

    internal override IoResult FinishOutput()
    {
        try
        {
            return IoResult.From(ConnectedSocket.FinishOutput(_socket));
        }
        catch (ObjectDisposedException)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
    }

    internal override void Abort()
    {
        if (Interlocked.Exchange(ref _aborted, 1) == 0)
        {
            _socket.Close(timeout: 0);      // 0 is the abortive close: RST, and pending operations end
        }
    }

    internal override void Close()
    {
        _socket.Dispose();
        _receive.Dispose();
        _send?.Dispose();
    }

    /// <summary>A receive is to end early.</summary>
    void IThreadPoolWorkItem.Execute() => PoolScheduler.Run(this, static socket =>
    {
        if (socket.TryTakeReceive())
        {
            var received = socket.ReadNow();
            socket.Owner.OnReceived(received.IsPending ? IoResult.Nothing : received);
        }
    });

    private void OnWaited()
    {
        EndWait();
        var received = ReadForReceive();
        if (received.IsPending && Volatile.Read(ref _isUnanswered) != 0)
        {
            received = ResumeReceive();
        }
        if (!received.IsPending)
        {
            Owner.OnReceived(received);
        }
    }

    private IoResult ResumeReceive()
    {
        IoResult received;
        do
        {
            if (Waits())
            {
                return IoResult.Pending;
            }
            received = ReadForReceive();
        }
        while (received.IsPending && Volatile.Read(ref _isUnanswered) != 0);
        return received;
    }

    /// <summary>Waits without memory, by a receive of zero bytes, which takes nothing; the bytes are read by hand.</summary>
    /// <returns>False when the wait is over already.</returns>
    private bool Waits()
    {
        if (Interlocked.Exchange(ref _isWaiting, 1) != 0)
        {
            return true;        // one that a receive before has left behind
        }
        try
        {
            if (_socket.ReceiveAsync(_receive))
            {
                return true;
            }
        }
        catch (ObjectDisposedException)
        {
            _waitError = SocketError.OperationAborted;
        }
        EndWait();
        return false;
    }

    private void EndWait()
    {
        if (_receive.SocketError != SocketError.Success)
        {
            _waitError = _receive.SocketError;
        }
        // A full fence, as in Receive: either this thread sees the receive that comes now, or that one sees that nothing waits any more.
        Interlocked.Exchange(ref _isWaiting, 0);
    }

    private bool TryTakeReceive() => Interlocked.Exchange(ref _isUnanswered, 0) != 0;

    /// <summary>Reads for the receive that has no answer; pending when there is none, or nothing was there.</summary>
    private IoResult ReadForReceive()
    {
        if (!TryTakeReceive())
        {
            return IoResult.Pending;
        }
        var received = ReadNow();
        if (received.IsPending)
        {
            Interlocked.Exchange(ref _isUnanswered, 1);
            if (_isToFinish && TryTakeReceive())
            {
                return IoResult.Nothing;        // FinishReceive may have seen no receive without an answer
            }
        }
        return received;
    }

    /// <summary>Reads once; pending when nothing was there. Whatever else a wait ended of: bytes that came before an error are delivered
    /// before it.</summary>
    private IoResult ReadNow()
    {
        if (_waitError == SocketError.OperationAborted)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
        try
        {
            var received = _socket.Receive(_into.Reserve().Span, SocketFlags.None, out var error);
            if (received == 0 && _waitError != SocketError.Success)
            {
                error = _waitError;         // the wait has taken it from the receive
            }
            if (error == SocketError.WouldBlock)
            {
                _into.CancelReserve();
                return IoResult.Pending;
            }
            if (received == 0 && error == SocketError.Success && ConnectedSocket.WasReset(_socket, _into.Received))
            {
                error = SocketError.ConnectionReset;        // our own send took the error first
            }
            return error == SocketError.Success ? IoResult.Done(received) : IoResult.Failed(error);
        }
        catch (ObjectDisposedException)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
    }

    private IoResult ResumeSend()
    {
        try
        {
            while (!_unsent.IsEmpty)
            {
                var sent = SendNow(out var error);
                if (error == SocketError.Success)
                {
                    Advance(sent);
                    continue;
                }
                if (error != SocketError.WouldBlock)
                {
                    return IoResult.Failed(error);
                }
                var send = _send ??= MakeSend();
                var next = NextUnsent();
                send.SetBuffer(next[..Math.Min(next.Length, PieceToWaitWith)]);
                if (_socket.SendAsync(send))
                {
                    return IoResult.Pending;
                }
                if (send.SocketError != SocketError.Success)
                {
                    return IoResult.Failed(send.SocketError);
                }
                Advance(send.BytesTransferred);
            }
            return IoResult.Done(0);
        }
        catch (ObjectDisposedException)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
    }

    // Not First: that may be an empty segment, and a send of nothing does not wait.
    private Memory<byte> NextUnsent()
    {
        foreach (var part in _unsent)
        {
            if (!part.IsEmpty)
            {
                return MemoryMarshal.AsMemory(part);
            }
        }
        return default;
    }

    private SocketAsyncEventArgs MakeSend()
    {
        var send = new SocketAsyncEventArgs(true) { UserToken = this };
        send.Completed += static (_, args) => PoolScheduler.Run((AsyncSocket)args.UserToken!, static socket => socket.OnSendCompleted());
        return send;
    }

    private void OnSendCompleted()
    {
        IoResult result;
        if (_send!.SocketError == SocketError.Success)
        {
            Advance(_send.BytesTransferred);
            result = ResumeSend();
        }
        else
        {
            result = IoResult.Failed(_send.SocketError);
        }
        if (!result.IsPending)
        {
            Owner.OnSent(result);
        }
    }

    private void Advance(int sent)
    {
        _unsent = _unsent.Slice(sent);
        Count(sent);
    }

    // One send at a time is the owner's rule, so there is one writer.
    private void Count(int sent) => Volatile.Write(ref _taken, _taken + sent);

    private int SendNow(out SocketError error)
    {
        if (_unsent.IsSingleSegment)
        {
            return _socket.Send(_unsent.FirstSpan, SocketFlags.None, out error);
        }
        _gather ??= [];
        foreach (var part in _unsent)
        {
            if (!part.IsEmpty && MemoryMarshal.TryGetArray(part, out var array))
            {
                _gather.Add(array);
            }
        }
        var sent = _socket.Send(_gather, SocketFlags.None, out error);
        _gather.Clear();
        return sent;
    }
}
