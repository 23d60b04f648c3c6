using System.Net;
using System.Net.Sockets;
using Zocalo.Engines;

namespace Zocalo.Testing.InMemory;

/// <summary>
/// A listening socket in memory. As on Linux (listen(2)): a connection is established as soon as the backlog has room, before anybody accepts it; the backlog
/// holds one more than its number; beyond it a connect waits, until there is room, its token fires, or the listener closes.
/// </summary>
internal sealed class InMemoryListener(Network network, Address address, EndPoint local, int backlog) : ListenerSocket
{
    private readonly Lock _lock = new();
    private readonly Queue<InMemoryChannel> _established = [];
    private readonly LinkedList<WaitingConnect> _waiting = [];
    private TaskCompletionSource<AcceptResult>? _accept;
    private bool _closed;

    internal Address Address => address;

    internal override EndPoint LocalEndPoint => local;

    internal override bool IsConnectionWaiting
    {
        get
        {
            lock (_lock)
            {
                return _established.Count > 0;
            }
        }
    }

    internal override ValueTask<AcceptResult> AcceptAsync()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return new(new AcceptResult(null, SocketError.OperationAborted));
            }
            if (_established.TryDequeue(out var channel))
            {
                if (_waiting.First is { } next)
                {
                    _waiting.RemoveFirst();
                    next.Value.TrySetResult(Establish(next.Value.Destination));
                }
                return new(new AcceptResult(channel, SocketError.Success));
            }
            _accept = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return new(_accept.Task);
        }
    }

    /// <param name="destination">Where the client connects to: what a wildcard listener's connection has for its local address.</param>
    /// <param name="cancellationToken">Gives up waiting for room.</param>
    internal async Task<ConnectResult> ConnectAsync(Address destination, CancellationToken cancellationToken)
    {
        var waiting = new WaitingConnect(destination);
        lock (_lock)
        {
            if (_closed)
            {
                return new(null, SocketError.ConnectionRefused);
            }
            if (_established.Count <= backlog)
            {
                return Establish(destination);
            }
            _waiting.AddLast(waiting);
        }
        using var registration = cancellationToken.UnsafeRegister(_ => GiveUp(waiting, cancellationToken), null);
        return await waiting.Task;
    }

    internal override void Close()
    {
        InMemoryChannel[] established;
        WaitingConnect[] waiting;
        TaskCompletionSource<AcceptResult>? accept;
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }
            _closed = true;
            (established, waiting, accept) = ([.. _established], [.. _waiting], _accept);
            _established.Clear();
            _waiting.Clear();
            _accept = null;
        }
        network.Remove(this);
        foreach (var channel in established)
        {
            channel.Abort();
            channel.Close();
        }
        foreach (var connect in waiting)
        {
            connect.TrySetResult(new(null, SocketError.ConnectionRefused));
        }
        accept?.SetResult(new(null, SocketError.OperationAborted));
    }

    private ConnectResult Establish(Address destination)
    {
        if (!network.TryJoin(destination, out var client, out var server))
        {
            return new(null, SocketError.AddressNotAvailable);
        }
        if (_accept is { } accept)
        {
            _accept = null;
            accept.SetResult(new(server, SocketError.Success));
        }
        else
        {
            _established.Enqueue(server);
        }
        return new(client, SocketError.Success);
    }

    private void GiveUp(WaitingConnect waiting, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _waiting.Remove(waiting);
        }
        waiting.TrySetCanceled(cancellationToken);
    }

    private sealed class WaitingConnect(Address destination) : TaskCompletionSource<ConnectResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        internal Address Destination => destination;
    }
}
