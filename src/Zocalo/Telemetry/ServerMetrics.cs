using System.Diagnostics.Metrics;

namespace Zocalo.Telemetry;

/// <summary>What one server measures. Without a listener each method is a branch. Thread-safe; called without a lock.</summary>
internal sealed class ServerMetrics
{
    private readonly Instruments _instruments;
    private readonly KeyValuePair<string, object?>[] _tags;
    private readonly KeyValuePair<string, object?>[] _tagsOfReceived;
    private readonly KeyValuePair<string, object?>[] _tagsOfSent;
    private readonly IMeasuredServer _server;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private long _active;       // as far as it was reported, like the next three
    private long _queued;
    private long _received;
    private long _sent;

    /// <param name="instruments">Where it is measured.</param>
    /// <param name="tags">Of the server.</param>
    /// <param name="server">What is measured.</param>
    /// <param name="time">The clock by which connections begin.</param>
    internal ServerMetrics(
        Instruments instruments, KeyValuePair<string, object?>[] tags, IMeasuredServer server, TimeProvider time)
    {
        (_instruments, _tags, _server, _time) = (instruments, tags, server, time);
        _tagsOfReceived = MetricTags.OfReceived(tags);
        _tagsOfSent = MetricTags.OfSent(tags);
        instruments.Add(this);
    }

    /// <summary>Whether somebody wants to know how long connections last.</summary>
    internal bool IsTimed => _instruments.Duration.Enabled;

    /// <summary>A connection was accepted, or its handler begins.</summary>
    internal void OnCountsChanged()
    {
        Report(_instruments.ActiveConnections, ref _active, static server => server.ActiveCount);
        Report(_instruments.QueuedConnections, ref _queued, static server => server.QueuedCount);
    }

    /// <summary>A connection has ended and counts no longer.</summary>
    internal void OnEnded()
    {
        OnCountsChanged();
        ReportBytes(static server => server.BytesOfEnded);
    }

    /// <summary>A connection has ended, and its handler has returned; it still counts.</summary>
    /// <param name="end">How it ended.</param>
    /// <param name="began">When it began, by the clock; 0 if nobody wanted to know then.</param>
    internal void OnEnding(ConnectionEnd end, long began)
    {
        if (began != 0 && _instruments.Duration.Enabled)
        {
            _instruments.RecordDuration(_time.GetElapsedTime(began).TotalSeconds, end.Reason, _tags);
        }
    }

    internal void OnHandlerFailed() => _instruments.HandlerFailures.Add(1, _tags);

    internal void OnRescued() => _instruments.Rescues.Add(1, _tags);

    /// <summary>A connection was refused by a limit before it began.</summary>
    internal void OnRejected() => _instruments.RejectedConnections.Add(1, _tags);

    /// <summary>Somebody collects: counts the bytes of the connections that are open, as far as they are not counted yet, and what
    /// began before anybody listened.</summary>
    /// <returns>The bytes that wait to be sent.</returns>
    internal Measurement<long> Observe()
    {
        OnCountsChanged();
        var unsent = 0L;
        ReportBytes(server =>
        {
            var now = server.Measure();
            unsent = now.Unsent;
            return now;
        });
        return new(unsent, _tags);
    }

    /// <summary>The server has stopped: what was not counted yet is counted now.</summary>
    internal void Stop()
    {
        _instruments.Remove(this);
        OnCountsChanged();
        ReportBytes(static server => server.Measure());
    }

    /// <summary>
    /// Adds what a level differs from what was reported of it. So the sum is right whenever a listener comes and goes, and nothing has to
    /// be remembered for a connection. The level is read under the lock: who comes last has seen every change before.
    /// </summary>
    private void Report(UpDownCounter<long> instrument, ref long reported, Func<IMeasuredServer, long> level)
    {
        if (!instrument.Enabled)
        {
            return;
        }
        long change;
        lock (_lock)
        {
            var now = level(_server);
            (change, reported) = (now - reported, now);
        }
        if (change != 0)
        {
            instrument.Add(change, _tags);
        }
    }

    /// <summary>The same for bytes. What is measured without the open connections is less than what was reported with them, and then there
    /// is nothing to add: the sum never goes back, and in the end it is exact.</summary>
    private void ReportBytes(Func<IMeasuredServer, Traffic> measure)
    {
        if (!_instruments.Io.Enabled && !_instruments.SendQueue.Enabled)
        {
            return;
        }
        long received, sent;
        lock (_lock)
        {
            var now = measure(_server);
            (received, sent) = (Math.Max(0, now.Received - _received), Math.Max(0, now.Sent - _sent));
            if (_instruments.Io.Enabled)
            {
                (_received, _sent) = (_received + received, _sent + sent);
            }
        }
        if (received > 0)
        {
            _instruments.Io.Add(received, _tagsOfReceived);
        }
        if (sent > 0)
        {
            _instruments.Io.Add(sent, _tagsOfSent);
        }
    }
}

/// <summary>What is measured of a server.</summary>
internal interface IMeasuredServer
{
    /// <summary>How many connections are being served.</summary>
    int ActiveCount { get; }

    /// <summary>How many connections were accepted and have no handler yet.</summary>
    int QueuedCount { get; }

    /// <summary>The bytes of the connections that have ended. Grows only.</summary>
    Traffic BytesOfEnded { get; }

    /// <summary>The bytes of all connections, also of those that are open. Looks at each of them.</summary>
    Traffic Measure();
}

/// <summary>Bytes.</summary>
/// <param name="Received">From the kernel.</param>
/// <param name="Sent">Taken by the kernel.</param>
/// <param name="Unsent">Written and not taken by the kernel.</param>
internal readonly record struct Traffic(long Received, long Sent, long Unsent);
