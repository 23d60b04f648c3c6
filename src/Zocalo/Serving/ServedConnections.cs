using Microsoft.Extensions.Logging;
using Zocalo.Connections;
using Zocalo.Telemetry;

namespace Zocalo.Serving;

/// <summary>The connections that a server is serving: it starts their handlers, ends them by the rules, and knows when none is left. Thread-safe.</summary>
internal sealed class ServedConnections(ConnectionHandler handler, int limit, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly HashSet<Connection> _serving = [];
    private Promise<bool>? _room;
    private Promise<bool>? _empty;
    private bool _draining;

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _serving.Count;
            }
        }
    }

    /// <summary>Waits until fewer than the limit are served, or the token fires.</summary>
    internal async Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        Task room;
        lock (_lock)
        {
            if (_serving.Count < limit)
            {
                return;
            }
            _room = new();
            room = _room.Task;
        }
        Log.ConnectionLimitReached(logger, limit);
        await room.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    internal void Begin(Connection connection)
    {
        bool drain;
        lock (_lock)
        {
            _serving.Add(connection);
            drain = _draining;
        }
        if (drain)
        {
            connection.Core.Drain();
        }
        connection.Core.Start(new Service(this, connection));
    }

    /// <summary>Asks every connection, also those still to come, to end.</summary>
    internal void Drain()
    {
        foreach (var connection in Snapshot(drain: true))
        {
            connection.Core.Drain();
        }
    }

    internal int AbortAll()
    {
        var left = Snapshot(drain: true);
        foreach (var connection in left)
        {
            connection.Abort();
        }
        return left.Length;
    }

    internal Task WhenEmpty()
    {
        lock (_lock)
        {
            if (_serving.Count == 0)
            {
                return Task.CompletedTask;
            }
            _empty ??= new();
            return _empty.Task;
        }
    }

    private Connection[] Snapshot(bool drain)
    {
        lock (_lock)
        {
            _draining |= drain;
            return [.. _serving];
        }
    }

    private async Task ServeAsync(Connection connection)
    {
        try
        {
            await handler(connection, connection.ConnectionClosed);
        }
        catch (OperationCanceledException) when (connection.Core.Cause is not null || connection.Core.Draining.HasFired)
        {
            // Our own token told it to stop: that is no failure of the handler's.
        }
        catch (FrameException error) when (connection.Core.Cause?.Exception == error)
        {
            // The peer broke the format: noted where it was found. Replies to what came before still go out.
        }
        catch (ConnectionException error) when (error.Reason is EndReason.PeerFinished or EndReason.Drained)
        {
            // It waited for a reply when the peer, or the server, had finished.
        }
        catch (Exception error) when (error is ConnectionException or ObjectDisposedException && (connection.Core.Cause is not null || connection.Core.IsClosing))
        {
            // It met the connection's own end, which has its reason already.
        }
        catch (Exception error)
        {
            connection.Core.Fail(new Cause(EndReason.HandlerFailed, Exception: error));
            Log.HandlerFailed(logger, connection.Id, error);
        }
        await connection.CloseAsync();
        End(connection);
    }

    private void End(Connection connection)
    {
        lock (_lock)
        {
            _serving.Remove(connection);
            _room?.TryResolve(true, connection.Core);
            _room = null;
            if (_serving.Count == 0)
            {
                _empty?.TryResolve(true, connection.Core);
            }
        }
    }

    /// <summary>The handler's first step, run in the connection's own place, so that one which blocks does not hold up accepting.</summary>
    private sealed class Service(ServedConnections served, Connection connection) : IThreadPoolWorkItem
    {
        public void Execute() => _ = connection.Core.Run(() => served.ServeAsync(connection));
    }
}
