using Zocalo.Telemetry;

namespace Zocalo.Serving;

/// <summary>What is counted of the connections, and who is told of each end.</summary>
/// <remarks>
/// A connection costs the time at which it was accepted, and that is only looked at when somebody wants to know. What goes through an open
/// connection is in its own counters: who asks walks over all of them, and no message pays for it.
/// </remarks>
internal sealed partial class ServedConnections : IMeasuredServer
{
    private readonly ServedTotals _totals = new();      // under the lock
    private int _queued;
    private long _accepted;

    /// <summary>What is measured; null for a server that is no program's own. Set before any connection begins, like the next
    /// three.</summary>
    internal ServerMetrics? Metrics { get; set; }

    /// <summary>The program's <see cref="ServerOptions.Ended"/>.</summary>
    internal Action<Connection, ConnectionEnd>? Ended { get; init; }

    /// <summary>The clock of <see cref="ServedConnection.Began"/>.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether the age of the connections is shown.</summary>
    internal bool ShowsAge { get; init; }

    int IMeasuredServer.ActiveCount => Count;

    int IMeasuredServer.QueuedCount => Volatile.Read(ref _abandoned) ? 0 : Volatile.Read(ref _queued);

    Traffic IMeasuredServer.BytesOfEnded
    {
        get
        {
            lock (_lock)
            {
                return _totals.Bytes;
            }
        }
    }

    /// <summary>A connection was refused before it began.</summary>
    internal void OnRejected() => Metrics?.OnRejected();

    internal void OnHandlerFailed() => Metrics?.OnHandlerFailed();

    /// <summary>A handler begins.</summary>
    internal void OnStarting()
    {
        Interlocked.Decrement(ref _queued);
        Metrics?.OnCountsChanged();
    }

    Traffic IMeasuredServer.Measure()
    {
        // Each that ends from now on is in the list, and not in the totals: so it is counted once, by its own counters, which only grow.
        var (open, totals) = OpenAndTotals();
        var unsent = 0L;
        foreach (var served in open)
        {
            var core = served.Connection.Core;
            totals = totals with { Received = totals.Received + core.Read.BytesReceived, Sent = totals.Sent + core.BytesSent };
            unsent += core.Write.UnsentBytes;
        }
        return totals with { Unsent = unsent };
    }

    /// <returns>When, by the clock; 0 if nobody wants to know.</returns>
    private long OnAccepted()
    {
        Interlocked.Increment(ref _accepted);
        Interlocked.Increment(ref _queued);
        return ShowsAge || Metrics is { IsTimed: true } ? Math.Max(1, Time.GetTimestamp()) : 0;
    }

    /// <summary>The connections that are open now, and the bytes of those that had ended.</summary>
    private (List<ServedConnection> Open, Traffic OfEnded) OpenAndTotals()
    {
        lock (_lock)
        {
            return (OpenUnsynchronized(), _totals.Bytes);
        }
    }

    private void CallEnded(Connection connection, ConnectionEnd end)
    {
        if (Ended is not { } ended)
        {
            return;
        }
        try
        {
            ended(connection, end);
        }
        catch (Exception error)
        {
            Log.EndedFailed(logger, connection.Id, error);
        }
    }
}
