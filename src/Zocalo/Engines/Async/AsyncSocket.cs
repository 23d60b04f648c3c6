using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Zocalo.Addresses;
using Zocalo.Buffers;
using Zocalo.Engines.Native;
using Zocalo.Engines.Sockets;

namespace Zocalo.Engines.Async;

/// <summary>
/// A stream socket driven by System.Net.Sockets. Guarantees: an operation that can end at once does, without a hop; one that waits costs one pool callback;
/// an idle connection holds no receive memory (it waits with a zero-byte receive); nothing is allocated for a message.
/// </summary>
internal sealed class AsyncSocket : StreamSocket
{
    // A send that has to wait waits with a piece of this size, and the rest follows without waiting: so progress shows in small steps.
    private const int PieceToWaitWith = 4096;

    private readonly Socket _socket;
    private readonly EndPoint? _local;      // asked for at once: a socket that was reset no longer tells
    private readonly EndPoint? _remote;
    // true: the execution context does not flow through the engine; each continuation brings its own.
    private readonly SocketAsyncEventArgs _receive = new(true);
    private SocketAsyncEventArgs? _send;        // made when a send has to wait: most connections never need it
    private List<ArraySegment<byte>>? _gather;
    private ReceiveBuffer _into = null!;
    private volatile bool _handingOver;         // since the last Receive, bytes have left the kernel or are about to: the owner may not have them yet
    private ReadOnlySequence<byte> _unsent;
    private long _taken;
    private int _aborted;

    internal AsyncSocket(Socket socket)
    {
        _socket = socket;
        _socket.Blocking = false;       // the synchronous calls below answer "would block" instead of waiting
        _local = socket.LocalEndPoint;
        _remote = socket.RemoteEndPoint;
        _receive.Completed += static (_, args) => AsyncPlace.Run((AsyncSocket)args.UserToken!, static socket => socket.OnReceiveCompleted());
        _receive.UserToken = this;
    }

    internal override Address LocalAddress => field ??= EndPoints.ToAddress(_local);

    internal override Address RemoteAddress => field ??= EndPoints.ToAddress(_remote);

    internal override bool HasBytesWaiting
    {
        get
        {
            try
            {
                return _socket.Available > 0 || _handingOver;       // in this order: what is no longer there is being handed over
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    internal override long BytesTaken => Volatile.Read(ref _taken);

    internal override int SendQueueLength => SendQueue.Length(_socket.SafeHandle);

    internal override bool HasHungUp => ConnectedSocket.HasHungUp(_socket);

    internal override IoResult Receive(ReceiveBuffer into)
    {
        _into = into;
        _handingOver = false;       // who asks for more has had the last ones
        return GoOnReceiving();
    }

    internal override IoResult Send(in ReadOnlySequence<byte> bytes)
    {
        _unsent = bytes;
        return GoOnSending();
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

    internal override SocketError FinishOutput()
    {
        try
        {
            return ConnectedSocket.FinishOutput(_socket);
        }
        catch (ObjectDisposedException)
        {
            return SocketError.OperationAborted;
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

    internal override void Ready(IThreadPoolWorkItem work) => AsyncPlace.Ready(work);

    private IoResult GoOnReceiving()
    {
        try
        {
            while (true)
            {
                // A receive of zero bytes waits without memory and takes nothing; the bytes are read by hand, so that no moment
                // passes in which they are neither in the kernel nor known to be on their way.
                if (_socket.ReceiveAsync(_receive))
                {
                    return IoResult.Pending;
                }
                if (ReadNow() is { IsPending: false } result)
                {
                    return result;
                }
            }
        }
        catch (ObjectDisposedException)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
    }

    private void OnReceiveCompleted()
    {
        IoResult result;
        try
        {
            result = ReadNow();
            if (result.IsPending)
            {
                result = GoOnReceiving();
            }
        }
        catch (ObjectDisposedException)
        {
            result = IoResult.Failed(SocketError.OperationAborted);
        }
        if (result.IsPending)
        {
            Owner.OnStillWaiting();
        }
        else
        {
            Owner.OnReceived(result);
        }
    }

    /// <summary>Reads after a wait has ended; pending when nothing was there after all.</summary>
    private IoResult ReadNow()
    {
        _handingOver = true;
        if (_receive.SocketError == SocketError.OperationAborted)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
        // Whatever else the wait ended of: bytes that came before an error are delivered before it.
        var received = _socket.Receive(_into.Reserve().Span, SocketFlags.None, out var error);
        if (received == 0 && _receive.SocketError != SocketError.Success)
        {
            error = _receive.SocketError;       // which took the error: the receive was not told any more
        }
        if (error == SocketError.WouldBlock)
        {
            _into.CancelReserve();
            _handingOver = false;
            return IoResult.Pending;
        }
        if (received == 0 && error == SocketError.Success && ConnectedSocket.WasReset(_socket, _into.Received))
        {
            error = SocketError.ConnectionReset;        // our own send was told of it first
        }
        return error == SocketError.Success ? IoResult.Done(received) : IoResult.Failed(error);
    }

    private IoResult GoOnSending()
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
        send.Completed += static (_, args) => AsyncPlace.Run((AsyncSocket)args.UserToken!, static socket => socket.OnSendCompleted());
        return send;
    }

    private void OnSendCompleted()
    {
        IoResult result;
        if (_send!.SocketError == SocketError.Success)
        {
            Advance(_send.BytesTransferred);
            result = GoOnSending();
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
