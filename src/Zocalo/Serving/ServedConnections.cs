using Microsoft.Extensions.Logging;
using Zocalo.Connections;
using Zocalo.Telemetry;

namespace Zocalo.Serving;

/// <summary>The connections that a server is serving. Starts their handlers, ends the connections by the rules, and knows when none is
/// left. Thread-safe.</summary>
internal sealed partial class ServedConnections(
    ConnectionHandler handler, HandlerPlacement placement, int limit, ILogger logger, RescueLog rescues)
{
    private readonly Lock _lock = new();
    private ServedConnection? _first;       // a linked list of the connections themselves: a table would double in size as it grows
    private ServedConnection? _last;
    private int _count;
    private CompletionSource<bool>? _room;
    private Queue<WaitingConnection>? _waiting;         // accepted, in the order in which they came; none while there is room
    private CompletionSource<bool>? _empty;
    private bool _draining;
    private volatile bool _endsInputs = true;
    private bool _aborting;
    private bool _abandoned;
    private int _aborted;

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>How many connections <see cref="AbortAll"/> cut, including those that came after it.</summary>
    internal int AbortedCount => Volatile.Read(ref _aborted);

    /// <summary>How often a handler blocked its loop.</summary>
    internal int RescueCount => rescues.Count;

    internal ConnectionHandler Handler => handler;

    internal ILogger Logger => logger;

    /// <summary>Waits until fewer connections than the limit are served, or the token fires. For the one caller of
    /// <see cref="Begin"/>.</summary>
    internal async Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        Task room;
        lock (_lock)
        {
            if (_count < limit)
            {
                return;
            }
            _room = new();
            room = _room.Task;
        }
        Log.ConnectionLimitReached(logger, limit);
        await room.WaitAsync(cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    internal void Begin(Connection connection, IDisposable? lease = null)
    {
        var served = Serve(connection, lease);
        bool drain, abort;
        lock (_lock)
        {
            AddUnsynchronized(served);
            (drain, abort) = (_draining, _aborting);
        }
        Start(served, drain, abort);
    }

    /// <summary>Begins it as soon as fewer connections than the limit are served: those of several callers in the order in which they came.
    /// A drain begins at once what waits.</summary>
    /// <returns>A task that completes when it has begun.</returns>
    internal Task BeginInTurnAsync(Connection connection, IDisposable? lease = null)
    {
        var served = Serve(connection, lease);
        WaitingConnection? waiting = null;
        bool isFirst, drain, abort;
        lock (_lock)
        {
            if (_count < limit || _draining)
            {
                AddUnsynchronized(served);
            }
            else
            {
                waiting = new(served);
                (_waiting ??= new()).Enqueue(waiting);
            }
            isFirst = _waiting is { Count: 1 };
            (drain, abort) = (_draining, _aborting);
        }
        if (waiting is null)
        {
            Start(served, drain, abort);
            return Task.CompletedTask;
        }
        Metrics?.OnCountsChanged();
        if (isFirst)
        {
            Log.ConnectionLimitReached(logger, limit);
        }
        return waiting.Task;
    }

    /// <summary>Begins to drain every connection, also those still to come.</summary>
    /// <param name="endsInputs">False: the inputs of byte streams go on until <see cref="EndInputs"/>.</param>
    internal void Drain(bool endsInputs = true)
    {
        _endsInputs = endsInputs;
        foreach (var served in BeginDraining())
        {
            served.Connection.Core.Drain(endsInputs);
        }
    }

    /// <summary>In a drain: every input ends, also those still to come.</summary>
    internal void EndInputs()
    {
        _endsInputs = true;
        Open().ForEach(static served => served.Connection.Core.EndInput());
    }

    /// <returns>The connections that are served now.</returns>
    internal List<ServedConnection> Open()
    {
        lock (_lock)
        {
            return OpenUnsynchronized();
        }
    }

    /// <summary>A connection's handler has returned, and the connection is closed.</summary>
    internal void End(ServedConnection served, ConnectionEnd end)
    {
        CallEnded(served.Connection, end);
        if (!Volatile.Read(ref _abandoned))
        {
            Metrics?.OnEnding(end, served.Began);       // before it is gone: a stop that waits for the last one has all of them
        }
        CompletionSource<bool>? room, empty;
        WaitingConnection? next = null;
        lock (_lock)
        {
            if (_abandoned)
            {
                return;     // it no longer counts
            }
            _totals.Add(end);
            RemoveUnsynchronized(served);
            if (_waiting?.TryDequeue(out next) == true)
            {
                AddUnsynchronized(next.Served);
            }
            (room, _room) = (_room, null);
            empty = _count == 0 ? _empty : null;
        }
        Metrics?.OnEnded();
        if (next is not null)
        {
            Start(next, drain: false);      // a drain that has begun since has found it among the served
        }
        room?.TryResolve(true, served.Connection.Core);
        empty?.TryResolve(true, served.Connection.Core);
    }

    /// <summary>Cuts every connection, also those still to come.</summary>
    /// <returns>How many this call cut.</returns>
    internal int AbortAll()
    {
        lock (_lock)
        {
            _aborting = true;
        }
        return BeginDraining().Count(served => Abort(served.Connection));
    }

    /// <summary>
    /// Gives up the connections that are aborted and whose handlers do not return: from now on they do not count. Called at the end, when
    /// no connection can begin any more.
    /// </summary>
    /// <returns>How many there are.</returns>
    internal int AbandonAll()
    {
        lock (_lock)
        {
            var left = _count;
            for (var served = _first; served is not null; served = served.Next)
            {
                _totals.AddBytes(served.Connection.Core.Read.BytesReceived, served.Connection.Core.BytesSent);
            }
            _abandoned = true;
            _first = _last = null;
            _count = 0;
            return left;
        }
    }

    internal Task WhenEmpty()
    {
        lock (_lock)
        {
            if (_count == 0)
            {
                return Task.CompletedTask;
            }
            _empty ??= new();
            return _empty.Task;
        }
    }

    internal void OnRescued(long id, int threadsLeft)
    {
        rescues.OnRescued(id, threadsLeft);
        Metrics?.OnRescued();
    }

    internal void OnSlept(long id) => rescues.OnSlept(id);

    private bool Abort(Connection connection)
    {
        if (!connection.TryAbort())
        {
            return false;
        }
        Interlocked.Increment(ref _aborted);
        return true;
    }

    private void Start(ServedConnection served, bool drain, bool abort)
    {
        Metrics?.OnCountsChanged();
        var connection = served.Connection;
        if (drain)
        {
            connection.Core.Drain(_endsInputs);
        }
        if (placement == HandlerPlacement.Pool)
        {
            connection.Core.MoveTo(connection.Core.Scheduler.ForBlockingCode);
        }
        if (abort)
        {
            Abort(connection);
        }
        connection.Core.Scheduler.ObserveRescues(served);
        connection.Core.Post(served);
    }

    private void Start(WaitingConnection waiting, bool drain)
    {
        Start(waiting.Served, drain, abort: false);
        waiting.TryResolve(true, waiting.Served.Connection.Core);
    }

    /// <summary>From now on a connection is drained when it begins, and none waits for room.</summary>
    /// <returns>Those that have begun.</returns>
    private List<ServedConnection> BeginDraining()
    {
        List<ServedConnection> all;
        Queue<WaitingConnection>? waiting;
        lock (_lock)
        {
            _draining = true;
            (waiting, _waiting) = (_waiting, null);
            foreach (var each in waiting ?? [])
            {
                AddUnsynchronized(each.Served);
            }
            all = OpenUnsynchronized();
        }
        foreach (var each in waiting ?? [])
        {
            Start(each, drain: true);
        }
        return all;
    }

    private List<ServedConnection> OpenUnsynchronized()
    {
        var all = new List<ServedConnection>(_count);
        for (var served = _first; served is not null; served = served.Next)
        {
            all.Add(served);
        }
        return all;
    }

    private ServedConnection Serve(Connection connection, IDisposable? lease) => lease is null
        ? new ServedConnection(this, connection, OnAccepted())
        : new LeasedConnection(this, connection, lease, OnAccepted());

    private void AddUnsynchronized(ServedConnection served)
    {
        served.Previous = _last;
        if (_last is null)
        {
            _first = served;
        }
        else
        {
            _last.Next = served;
        }
        _last = served;
        _count++;
    }

    private void RemoveUnsynchronized(ServedConnection served)
    {
        if (served.Previous is { } previous)
        {
            previous.Next = served.Next;
        }
        else
        {
            _first = served.Next;
        }
        if (served.Next is { } next)
        {
            next.Previous = served.Previous;
        }
        else
        {
            _last = served.Previous;
        }
        _count--;
    }

    /// <summary>A connection that has been accepted and waits for room.</summary>
    private sealed class WaitingConnection(ServedConnection served) : CompletionSource<bool>
    {
        internal ServedConnection Served => served;
    }
}
