using System.Net;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.Sockets;

namespace Zocalo.Testing.Network;

/// <summary>
/// A listening socket in memory. As on Linux (listen(2)): a connection is established as soon as the backlog has room, before anybody
/// accepts it; the backlog holds one more than its number; beyond it a SYN is dropped, and the client asks again.
/// </summary>
internal sealed class MemoryListener(
    World world, SimulatedHost host, Address address, EndPoint local, int backlog, SocketTimeouts timeouts) : ListenerSocket
{
    private readonly Queue<SimulatedConnection> _established = [];
    private int _coming;        // places taken by handshakes that are under way
    private TaskCompletionSource<AcceptResult>? _accept;
    private bool _closed;
    private bool _deaf;

    internal Address Address => address;

    internal SocketTimeouts Timeouts => timeouts;

    internal override EndPoint LocalEndPoint => local;

    internal override bool IsConnectionWaiting
    {
        get
        {
            lock (world.Gate)
            {
                return _established.Count > 0;
            }
        }
    }

    internal override ValueTask<AcceptResult> AcceptAsync()
    {
        lock (world.Gate)
        {
            if (_closed)
            {
                return new(new AcceptResult(null, SocketError.OperationAborted));
            }
            if (_established.TryPeek(out var next))
            {
                if (!world.TryYield(world.YieldsFor(next.Number, YieldsOf.Accept), out var others))
                {
                    return new(Take());
                }
                _ = OfferBehindAsync(others);
            }
            _accept = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return new(_accept.Task);
        }
    }

    private async Task OfferBehindAsync(Task others)
    {
        await others.ConfigureAwait(false);
        lock (world.Gate)
        {
            Offer();
        }
    }

    /// <summary>Takes a place for a handshake. Under the world's lock, as everything below.</summary>
    internal bool TryReserve()
    {
        if (_closed || _deaf || host.IsFlooded || _established.Count + _coming > backlog)
        {
            return false;
        }
        _coming++;
        return true;
    }

    /// <summary>The handshake is done; null if it came to nothing.</summary>
    internal void Establish(SimulatedConnection? connection)
    {
        _coming--;
        if (connection is null)
        {
            return;
        }
        _established.Enqueue(connection);
        if (_closed || _deaf)
        {
            Drop();
        }
        else
        {
            Offer();
        }
    }

    /// <summary>Who waits for a connection gets one, or the error that stands in its way.</summary>
    internal void Offer()
    {
        if (_accept is { } accept && _established.Count > 0)
        {
            _accept = null;
            accept.SetResult(Take());
        }
    }

    internal override void Close()
    {
        lock (world.Gate)
        {
            if (_closed)
            {
                return;
            }
            _closed = true;
            host.Sockets.Remove(this);
            Drop();
            _accept?.SetResult(new(null, SocketError.OperationAborted));
            _accept = null;
        }
    }

    /// <summary>Its machine has crashed: it hears of nothing any more, until its program closes it.</summary>
    internal void Deafen()
    {
        _deaf = true;
        Drop();
    }

    /// <summary>Those that nobody has accepted are reset.</summary>
    private void Drop()
    {
        while (_established.TryDequeue(out var connection))
        {
            connection.ServerSocket.Abort();
            connection.ServerSocket.Close();
        }
    }

    private AcceptResult Take()
    {
        if (host.NextAcceptError() is { } error)
        {
            world.Trace.Add(TraceKind.Fault, $"accept on {host.HostName} fails: {error}");
            return new(null, error);
        }
        var connection = _established.Dequeue();
        connection.OnAccepted();
        return new(connection.ServerSocket, SocketError.Success);
    }
}
