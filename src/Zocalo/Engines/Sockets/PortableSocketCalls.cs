using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Native;

namespace Zocalo.Engines.Sockets;

/// <summary>The same calls through System.Net.Sockets, where the system is not Linux. A socket's number is one of ours.</summary>
internal sealed class PortableSocketCalls : SocketCalls
{
    private readonly ConcurrentDictionary<int, Socket> _sockets = new();
    private int _lastNumber;

    /// <returns>Null when it was closed.</returns>
    internal Socket? Find(int socket) => _sockets.GetValueOrDefault(socket);

    internal override IoResult Receive(int socket, Span<byte> into)
    {
        try
        {
            var received = _sockets[socket].Receive(into, SocketFlags.None, out var error);
            return Result(received, error);
        }
        catch (Exception gone) when (IsGone(gone))
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
    }

    internal override IoResult Send(int socket, ReadOnlySpan<byte> bytes)
    {
        try
        {
            var sent = _sockets[socket].Send(bytes, SocketFlags.None, out var error);
            return Result(sent, error);
        }
        catch (Exception gone) when (IsGone(gone))
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
    }

    internal override IoResult Send(int socket, in ReadOnlySequence<byte> bytes)
    {
        foreach (var part in bytes)
        {
            if (!part.IsEmpty)
            {
                return Send(socket, part.Span);
            }
        }
        return IoResult.Done(0);
    }

    internal override IoResult Accept(int listener, out SocketName peer)
    {
        peer = default;
        try
        {
            if (!_sockets[listener].Poll(0, SelectMode.SelectRead))
            {
                return IoResult.Pending;
            }
            var accepted = _sockets[listener].Accept();
            peer = new SocketName(accepted.RemoteEndPoint);
            return IoResult.Done(Adopt(accepted));
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode == SocketError.WouldBlock ? IoResult.Pending : IoResult.Failed(error.SocketErrorCode);
        }
        catch (Exception gone) when (IsGone(gone))
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
    }

    internal override void Configure(int socket, SocketTimeouts timeouts)
    {
        try
        {
            SocketSetup.Configure(_sockets[socket], timeouts);
        }
        catch (SocketException)
        {
            // The peer is gone already: the first receive tells.
        }
    }

    internal override IoResult Connect(int socket, EndPoint to)
    {
        try
        {
            _sockets[socket].Connect(to);
            return IoResult.Done(0);
        }
        catch (SocketException error) when (
            error.SocketErrorCode == SocketError.InProgress || (error.SocketErrorCode == SocketError.WouldBlock && to is IPEndPoint))
        {
            return IoResult.Pending;
        }
        catch (SocketException error)
        {
            return IoResult.Failed(error.SocketErrorCode);
        }
    }

    internal override SocketError TakeError(int socket) =>
        (SocketError)(int)_sockets[socket].GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;

    internal override bool WasReset(int socket, long received) => Find(socket) is { } found && ConnectedSocket.WasReset(found, received);

    internal override bool HasHungUp(int socket) => Find(socket) is { } found && ConnectedSocket.HasHungUp(found);

    internal override SocketError FinishOutput(int socket, bool isUnix)
    {
        try
        {
            return ConnectedSocket.FinishOutput(_sockets[socket]);
        }
        catch (Exception gone) when (IsGone(gone))
        {
            return SocketError.OperationAborted;
        }
    }

    internal override void StopListening(int listener) => Find(listener)?.Dispose();

    internal override bool IsReadable(int socket)
    {
        try
        {
            return Find(socket)?.Poll(0, SelectMode.SelectRead) ?? false;
        }
        catch (Exception gone) when (IsGone(gone))
        {
            return false;
        }
    }

    internal override int SendQueueLength(int socket) => Find(socket) is { } found ? SendQueue.Length(found.SafeHandle) : 0;

    internal override SocketName LocalName(int socket) => new(_sockets[socket].LocalEndPoint);

    internal override void ResetAtClose(int socket)
    {
        try
        {
            _sockets[socket].LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // There is nobody left to see it.
        }
    }

    internal override void Close(int socket)
    {
        if (_sockets.TryRemove(socket, out var closed))
        {
            closed.Dispose();
        }
    }

    internal override int Adopt(Socket socket)
    {
        socket.Blocking = false;
        var number = Interlocked.Increment(ref _lastNumber);
        _sockets[number] = socket;
        return number;
    }

    private static IoResult Result(int bytes, SocketError error) => error switch
    {
        SocketError.Success => IoResult.Done(bytes),
        SocketError.WouldBlock => IoResult.Pending,
        _ => IoResult.Failed(error),
    };

    private static bool IsGone(Exception error) => error is ObjectDisposedException or SocketException or KeyNotFoundException;
}
