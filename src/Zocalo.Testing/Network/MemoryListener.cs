using System.Net;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.Sockets;

namespace Zocalo.Testing.Network;

/// <summary>
/// A listening socket in memory. As on Linux (listen(2)): a connection is established as soon as the backlog has space, before the program
/// accepts it; the backlog holds one connection more than its number; when it is full a SYN is dropped, and the client sends it again.
/// </summary>
internal sealed class MemoryListener(
    World world, SimulatedHost host, Address address, EndPoint local, int backlog, SocketSettings settings) : ListenerSocket
{
    private readonly Queue<SimulatedConnection> _established = [];
    private int _reserved;        // handshakes that have begun
    private TaskCompletionSource<AcceptResult>? _accept;
    private bool _closed;
    private bool _hasCrashed;

    internal Address Address => address;

    internal SocketSettings Settings => settings;

    internal override EndPoint LocalEndPoint => local;

    internal override bool IsConnectionWaiting
    {
        get
        {
            lock (world.Lock)
            {
                return _established.Count > 0;
            }
        }
    }

    internal override ValueTask<AcceptResult> AcceptAsync()
    {
        lock (world.Lock)
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
        lock (world.Lock)
        {
            Offer();
        }
    }

    /// <summary>Reserves space in the backlog for a handshake. Under the world's lock, as everything below.</summary>
    internal bool TryReserve()
    {
        if (_closed || _hasCrashed || host.IsFlooded || _established.Count + _reserved > backlog)
        {
            return false;
        }
        _reserved++;
        return true;
    }

    /// <summary>A handshake has ended; null if it has failed.</summary>
    internal void Establish(SimulatedConnection? connection)
    {
        _reserved--;
        if (connection is null)
        {
            return;
        }
        _established.Enqueue(connection);
        if (_closed || _hasCrashed)
        {
            Drop();
        }
        else
        {
            Offer();
        }
    }

    /// <summary>A waiting accept gets a connection, or the error of the accept.</summary>
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
        lock (world.Lock)
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

    /// <summary>The machine has crashed: the listener gets no connections any more, until its program closes it.</summary>
    internal void OnHostCrash()
    {
        _hasCrashed = true;
        Drop();
    }

    /// <summary>Resets the connections that were not accepted.</summary>
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
