using Zocalo.Testing.Network;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing;

/// <summary>
/// A network in a box: hosts, links and connections with TCP's rules, in virtual time, with any fault, and the same again from the same
/// seed. The code under test is what runs in production; only the engine is another one.
/// </summary>
/// <example><code>
/// await using var net = new SimulatedNetwork(seed: 1);
/// await using var server = await SocketServer.StartAsync("tcp://b:7000", Handle, new() { Engine = net.Host("b") });
/// await using var client = await Connector.ConnectAsync("tcp://b:7000", new() { Engine = net.Host("a") });
/// </code></example>
/// <remarks>
/// <para>
/// <b>One thread.</b> Making the network makes the calling async method part of the simulation: from its first await on it runs, as
/// everything it starts, on the network's own thread, one step after the other. So make it in the method that uses it, not in a constructor
/// or a helper that awaits. Which of several steps that are ready comes next is the seed's choice.
/// </para>
/// <para>
/// <b>Escapes.</b> Determinism holds for code that stays there. What leaves for the thread pool (<c>Task.Run</c>, <c>Task.Delay</c> without
/// the network's time, a task awaited with <c>ConfigureAwait(false)</c>, I/O of the real world) is recorded and named, and
/// <see cref="DisposeAsync"/> throws <see cref="EscapedException"/>. Code that blocks the thread waits for ever.
/// </para>
/// </remarks>
public sealed class SimulatedNetwork : IAsyncDisposable
{
    private readonly SimulationScheduler _scheduler;
    private readonly World _world;
    private bool _isExplored;       // somebody else reports a standstill
    private readonly TaskCompletionSource<string> _standstill = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Makes a network without hosts and without faults, and the calling async method a part of it.</summary>
    /// <param name="seed">Decides everything that is left to chance.</param>
    public SimulatedNetwork(ulong seed)
    {
        Seed = seed;
        _scheduler = new SimulationScheduler(SeededRandom.For(seed, 0), OnStandstill);
        _world = new World(_scheduler, seed, traces: true);
        _scheduler.Enter();
    }

    /// <summary>Raised for each connection when its client has it, before a byte is sent: the place to script what goes wrong.</summary>
    public event Action<SimulatedConnection>? Connected
    {
        add => _world.Connected += value;
        remove => _world.Connected -= value;
    }

    /// <summary>What it was made with.</summary>
    public ulong Seed { get; }

    /// <summary>The network's time.</summary>
    public SimulatedTime Time => _scheduler.Time;

    /// <summary>What has happened so far.</summary>
    public Trace Trace => _world.Trace;

    /// <summary>What goes wrong by chance, for connections made from now on: nothing unless set.</summary>
    public FaultMix Faults { get => _world.Faults; set { ArgumentNullException.ThrowIfNull(value); _world.Faults = value; } }

    /// <summary>The way between two hosts, where it was not set: <see cref="LinkOptions.Default"/> unless changed. Within a host no time
    /// passes.</summary>
    public LinkOptions DefaultLink
    {
        get => _world.DefaultLink;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            _world.DefaultLink = value;
        }
    }

    /// <summary>Bytes in each direction of a connection that are sent and not yet received, at most: 64 KiB unless set, at least 1. What
    /// exceeds it waits at the sender, where there is room for 64 KiB more.</summary>
    public int Window { get => _world.Window; set => _world.Window = value; }

    /// <summary>
    /// Part of the operations that could complete at once, and that let others go first: 0 unless set, at most 1;
    /// <see cref="Explore"/> sets it. Such a connect, accept, read, send, flush, half-close or close has been done, as always; but who
    /// awaits it goes on after others that are ready, or up to 10 ms later. Without it such an await never yields, and what others change
    /// meanwhile (<c>n = count; await SendAsync(…); count = n + 1</c>) is never lost.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 0 or more than 1.</exception>
    public double YieldRatio { get => _world.YieldRatio; set => _world.YieldRatio = World.CheckRatio(value, nameof(YieldRatio)); }

    /// <summary>Virtual time after which the simulation stops: a day unless set. It ends what would go on for ever.</summary>
    public TimeSpan TimeLimit { get => _scheduler.TimeLimit; set => _scheduler.TimeLimit = value; }

    /// <summary>Connections of which a program still has an end that it has not closed: none when a test has disposed of
    /// everything.</summary>
    public IReadOnlyList<SimulatedConnection> OpenConnections => Array.FindAll(_world.Open, static connection => connection.IsHeld);

    /// <summary>How often each kind of fault was drawn so far; those that were not are left out. A drawn fault that waits for a byte that
    /// never comes does nothing.</summary>
    public IReadOnlyDictionary<FaultKind, int> FaultsDrawn => _world.Drawn;

    /// <summary>Completes, with the reason, when nothing will happen any more although the test has not ended. Whoever asks reports
    /// it.</summary>
    internal Task<string> WatchForStandstill()
    {
        _isExplored = true;
        return _standstill.Task;
    }

    /// <summary>The host of that name, made at the first call. In any case.</summary>
    public SimulatedHost Host(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return _world.Host(name);
    }

    /// <summary>The way from one host to another.</summary>
    public SimulatedLink Link(SimulatedHost from, SimulatedHost to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        return _world.Link(from, to);
    }

    /// <summary>Nothing passes between the two any more, in either direction.</summary>
    public void Partition(SimulatedHost one, SimulatedHost other)
    {
        Link(one, other).Down();
        Link(other, one).Down();
    }

    /// <summary>Nothing passes from one to the other any more; the way back stays as it is.</summary>
    public void PartitionOneWay(SimulatedHost from, SimulatedHost to) => Link(from, to).Down();

    /// <summary>Both directions carry again.</summary>
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

    /// <summary>What <see cref="CheckNothingLeaks"/> would throw; null for nothing.</summary>
    internal LeakException? FindLeaks() => OpenConnections is { Count: > 0 } open
        ? new([.. open.Select(connection => $"{connection} is still open: close or dispose it")])
        : null;

    /// <summary>Ends the simulation: what is ready still runs, no time passes any more. The caller goes on outside it, on the thread pool;
    /// a timer that it sets in the network's time from then on never fires.</summary>
    /// <exception cref="EscapedException">Code of the simulation has run elsewhere, so that the seed does not tell what
    /// happened.</exception>
    /// <exception cref="AggregateException">Something threw where nobody awaited it.</exception>
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

    /// <summary>Ends a simulation that its own test will not end.</summary>
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
            connection.Reset();     // whoever waits for bytes learns it; who waits for anything else is told by the trace alone
        }
    }
}
