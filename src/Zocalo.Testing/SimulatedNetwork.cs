using Zocalo.Testing.Network;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing;

/// <summary>
/// A network in memory: hosts, links and connections with TCP's rules, in virtual time, with any fault. The same seed gives the same run
/// again. The code under test is the code that runs in production; only the engine is different.
/// </summary>
/// <example><code>
/// await using var net = new SimulatedNetwork(seed: 1);
/// await using var server = await SocketServer.StartAsync("tcp://b:7000", Handle, new() { Engine = net.Host("b") });
/// await using var client = await Connector.ConnectAsync("tcp://b:7000", new() { Engine = net.Host("a") });
/// </code></example>
/// <remarks>
/// <para>
/// <b>One thread.</b> The async method that makes the network becomes part of the simulation: from its first await on, it and everything it
/// starts run on the network's own thread, one step after the other. So make the network in the method that uses it, not in a constructor
/// or in a helper that awaits. When several steps are ready, the seed decides which one runs next.
/// </para>
/// <para>
/// <b>Escapes.</b> A run is deterministic as long as its code stays in the simulation. Code that leaves for the thread pool
/// (<c>Task.Run</c>, <c>Task.Delay</c> without the network's time, a task awaited with <c>ConfigureAwait(false)</c>, real I/O) is recorded,
/// and <see cref="DisposeAsync"/> throws an <see cref="EscapedException"/> that names it. Code that blocks the thread waits for ever.
/// </para>
/// </remarks>
public sealed class SimulatedNetwork : IAsyncDisposable
{
    private readonly SimulationScheduler _scheduler;
    private readonly World _world;
    private bool _isExplored;       // Explore reports a standstill
    private readonly TaskCompletionSource<string> _standstill = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Makes a network without hosts and without faults. The calling async method becomes part of its simulation.</summary>
    /// <param name="seed">Decides everything that is random.</param>
    public SimulatedNetwork(ulong seed)
    {
        Seed = seed;
        _scheduler = new SimulationScheduler(SeededRandom.For(seed, 0), OnStandstill);
        _world = new World(_scheduler, seed, traces: true);
        _scheduler.Enter();
    }

    /// <summary>Raised for each connection when it is made, before a byte is sent. Script its faults here.</summary>
    public event Action<SimulatedConnection>? Connected
    {
        add => _world.Connected += value;
        remove => _world.Connected -= value;
    }

    /// <summary>The seed of this network.</summary>
    public ulong Seed { get; }

    /// <summary>The network's time.</summary>
    public SimulatedTime Time => _scheduler.Time;

    /// <summary>The events so far.</summary>
    public Trace Trace => _world.Trace;

    /// <summary>The random faults of connections that are made from now on: none unless set.</summary>
    public FaultMix Faults { get => _world.Faults; set { ArgumentNullException.ThrowIfNull(value); _world.Faults = value; } }

    /// <summary>The options of links between two hosts that were not set one by one: a latency of a millisecond and a jitter of half a
    /// millisecond unless changed. A link within a host takes no time.</summary>
    public LinkOptions DefaultLink
    {
        get => _world.DefaultLink;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            _world.DefaultLink = value;
        }
    }

    /// <summary>The most bytes, in each direction of a connection, that are sent and not yet received: 64 KiB unless set, at least 1.
    /// Further bytes wait at the sender, which has space for 64 KiB.</summary>
    public int Window { get => _world.Window; set => _world.Window = value; }

    /// <summary>
    /// The part of the operations that could complete at once but let other code run first: 0 unless set, at most 1; <see cref="Explore"/>
    /// sets it. Such a connect, accept, read, send, flush, half-close or close has its usual effect, but the code that awaits it resumes
    /// after other ready code, or up to 10 ms later. At 0 such an await never yields, which hides races with other code (<c>n = count;
    /// await SendAsync(…); count = n + 1</c>).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 0 or more than 1.</exception>
    public double YieldRatio { get => _world.YieldRatio; set => _world.YieldRatio = World.CheckRatio(value, nameof(YieldRatio)); }

    /// <summary>The virtual time after which the simulation stops: a day unless set. It ends a simulation that would run for
    /// ever.</summary>
    public TimeSpan TimeLimit { get => _scheduler.TimeLimit; set => _scheduler.TimeLimit = value; }

    /// <summary>The connections of which a program has an end that it has not closed: none when a test has disposed everything.</summary>
    public IReadOnlyList<SimulatedConnection> OpenConnections => Array.FindAll(_world.Open, static connection => connection.IsHeld);

    /// <summary>How often each kind of fault was drawn so far, without kinds that were not drawn. A drawn fault that waits for a byte has
    /// no effect if that byte never comes.</summary>
    public IReadOnlyDictionary<FaultKind, int> FaultsDrawn => _world.Drawn;

    /// <summary>Completes, with the reason, when nothing will happen any more although the test has not ended. The caller reports
    /// it.</summary>
    internal Task<string> WatchForStandstill()
    {
        _isExplored = true;
        return _standstill.Task;
    }

    /// <summary>The host of that name, which is made at the first call. Upper and lower case are the same.</summary>
    public SimulatedHost Host(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return _world.Host(name);
    }

    /// <summary>The link from one host to another.</summary>
    public SimulatedLink Link(SimulatedHost from, SimulatedHost to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        return _world.Link(from, to);
    }

    /// <summary>From now on nothing passes between the two hosts, in either direction.</summary>
    public void Partition(SimulatedHost one, SimulatedHost other)
    {
        Link(one, other).Down();
        Link(other, one).Down();
    }

    /// <summary>From now on nothing passes from one host to the other; the link back is unchanged.</summary>
    public void PartitionOneWay(SimulatedHost from, SimulatedHost to) => Link(from, to).Down();

    /// <summary>Both directions are up again.</summary>
    public void Heal(SimulatedHost one, SimulatedHost other)
    {
        Link(one, other).Up();
        Link(other, one).Up();
    }

    /// <summary>Checks that every connection was closed or aborted by the programs that had it.</summary>
    /// <exception cref="LeakException">Some were not.</exception>
    public void CheckNothingLeaks()
    {
        if (FindLeaks() is { } leaks)
        {
            throw leaks;
        }
    }

    /// <summary>The exception of <see cref="CheckNothingLeaks"/>; null if nothing leaks.</summary>
    internal LeakException? FindLeaks() => OpenConnections is { Count: > 0 } open
        ? new([.. open.Select(connection => $"{connection} is still open: close or dispose it")])
        : null;

    /// <summary>Ends the simulation: ready code still runs, but time passes no more. The caller resumes outside of it, on the thread pool;
    /// a timer that is set in the network's time after that never fires.</summary>
    /// <exception cref="EscapedException">Code of the simulation has run outside of it, so the seed does not decide everything.</exception>
    /// <exception cref="AggregateException">Code that is not awaited has thrown an exception.</exception>
    /// <exception cref="TimeoutException">Everything waited and nothing was set to happen any more, or <see cref="TimeLimit"/> was
    /// reached.</exception>
    public async ValueTask DisposeAsync()
    {
        await _scheduler.EndAsync();
        if (!_scheduler.Escapes.IsEmpty)
        {
            throw new EscapedException(_scheduler.Escapes.ToString());
        }
        if (_scheduler.Unhandled is { } error)
        {
            throw new AggregateException("Something threw where nobody awaited it.", error);
        }
        if (_standstill.Task.IsCompleted && !_isExplored)
        {
            throw new TimeoutException(
                "The simulation came to a standstill, and its connections were reset so that the test could end: " +
                $"{await _standstill.Task}.");
        }
    }

    /// <summary>Ends a simulation that the test itself does not end.</summary>
    internal Task AbandonAsync() => _scheduler.EndAsync();

    private void OnStandstill(string reason)
    {
        if (!_standstill.TrySetResult(reason))
        {
            return;
        }
        Trace.Note(reason);
        foreach (var connection in _world.Open)
        {
            connection.Reset();     // wakes code that waits for bytes; for all other code there is only the trace
        }
    }
}
