using System.Net;
using Zocalo.Engines;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing.Network;

/// <summary>
/// Hosts, the links between them, and the connections over these. Its <see cref="Scheduler"/> decides when and where things happen: on the
/// one thread of a simulation, or on the thread pool.
/// </summary>
/// <remarks>One lock, <see cref="Lock"/>, for everything, which is never held while an owner or the program is called. A connection is kept
/// alive while a program holds one of its ends, so that a waiting one is not collected.</remarks>
internal sealed class World
{
    private static readonly TimeSpan ShortestYield = TimeSpan.FromMicroseconds(1);
    private static readonly TimeSpan LongestYield = TimeSpan.FromMilliseconds(10);

    private readonly Dictionary<string, SimulatedHost> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<IPAddress, SimulatedHost> _byAddress = [];
    private readonly Dictionary<(SimulatedHost, SimulatedHost), SimulatedLink> _links = [];
    private readonly List<SimulatedConnection> _open = [];
    private readonly int[] _drawn = new int[Enum.GetValues<FaultKind>().Length];
    private readonly long _start;
    private int _lastNumber;

    internal World(EngineScheduler scheduler, ulong seed, bool traces)
    {
        Scheduler = scheduler;
        Seed = seed;
        _start = scheduler.Time.GetTimestamp();
        Trace = new Trace(this, traces);
    }

    internal Lock Lock { get; } = new();

    internal EngineScheduler Scheduler { get; }

    internal ulong Seed { get; }

    internal Trace Trace { get; }

    internal FaultMix Faults { get; set; } = FaultMix.None;

    internal LinkOptions DefaultLink { get; set; } = LinkOptions.Default;

    /// <summary>The most bytes, in each direction of a connection, that are in flight or have arrived and are not received yet.</summary>
    internal int Window
    {
        get;
        set => field = value >= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Window), value, $"Window is {value} bytes; it must be at least 1.");
    } = 64 * 1024;

    /// <summary>The part of the operations that could complete at once but let others go first.</summary>
    internal double YieldRatio { get; set; }

    internal Action<SimulatedConnection>? Connected { get; set; }

    /// <summary>Ticks since the world began.</summary>
    internal long Now => Scheduler.Time.GetElapsedTime(_start).Ticks;

    /// <summary>Listeners and connections that a program still holds: 0 when a test has closed everything.</summary>
    internal int OpenCount
    {
        get
        {
            lock (Lock)
            {
                return _hosts.Values.Sum(host => host.Sockets.ListenerCount) + _open.Count;
            }
        }
    }

    internal SimulatedConnection[] Open
    {
        get
        {
            lock (Lock)
            {
                return [.. _open];
            }
        }
    }

    /// <summary>A host's own clock, in this world's time.</summary>
    internal TimeProvider NewClock() => Scheduler is SimulationScheduler simulation ? simulation.NewClock() : Scheduler.Time;

    internal SimulatedHost Host(string name)
    {
        lock (Lock)
        {
            if (!_hosts.TryGetValue(name, out var host))
            {
                host = new SimulatedHost(this, name, _hosts.Count);
                _hosts.Add(name, host);
                foreach (var address in host.Addresses)
                {
                    _byAddress.Add(address, host);
                }
            }
            return host;
        }
    }

    /// <summary>The link from one host to another host or to itself.</summary>
    internal SimulatedLink Link(SimulatedHost from, SimulatedHost to)
    {
        lock (Lock)
        {
            if (!_links.TryGetValue((from, to), out var link))
            {
                link = new SimulatedLink(this, from, to, from == to ? LinkOptions.Instant : DefaultLink);
                _links.Add((from, to), link);
            }
            return link;
        }
    }

    /// <summary>The host that has an address, as seen from a host; null if none has it.</summary>
    internal SimulatedHost? FindHost(Address address, SimulatedHost from)
    {
        if (address is not TcpAddress tcp || !IPAddress.TryParse(tcp.Host, out var ip) || IPAddress.IsLoopback(ip))
        {
            return from;
        }
        lock (Lock)
        {
            return _byAddress.GetValueOrDefault(ip);
        }
    }

    /// <summary>The addresses of a name; none if no host has that name.</summary>
    internal IPAddress[] Resolve(string name)
    {
        lock (Lock)
        {
            return _hosts.TryGetValue(name, out var host) ? [host.Address] : [];
        }
    }

    /// <summary>A fault was drawn.</summary>
    internal void OnDrawn(FaultKind kind, int connection)
    {
        lock (Lock)
        {
            _drawn[(int)kind]++;
        }
        Trace.Add(TraceKind.Fault, connection, true, 0, $"draws {kind}");
    }

    internal Dictionary<FaultKind, int> Drawn
    {
        get
        {
            lock (Lock)
            {
                return Enum.GetValues<FaultKind>().Where(kind => _drawn[(int)kind] > 0).ToDictionary(
                    kind => kind, kind => _drawn[(int)kind]);
            }
        }
    }

    internal int NextNumber() => Interlocked.Increment(ref _lastNumber);

    /// <summary>The random numbers of one connection; other connections do not change them.</summary>
    internal SeededRandom RandomFor(int connection) => SeededRandom.For(Seed, (ulong)connection);

    /// <summary>Random numbers for the operations that let others go first, so that they do not change the faults.</summary>
    internal SeededRandom YieldsFor(int connection, YieldsOf who) =>
        SeededRandom.For(~Seed, ulong.MaxValue - (((ulong)connection * 4) + (ulong)who));

    /// <summary>Draws whether an operation that can complete at once lets others go first.</summary>
    /// <returns>Whether the operation completes after <paramref name="others"/> and not at once.</returns>
    internal bool TryYield(SeededRandom random, out Task others)
    {
        TimeSpan time;
        lock (Lock)
        {
            if (!random.Chance(YieldRatio))
            {
                others = Task.CompletedTask;
                return false;
            }
            time = random.Next(2) == 0 ? TimeSpan.Zero : random.NextSpread(ShortestYield, LongestYield);
        }
        others = Task.CompletedTask;
        return Scheduler is SimulationScheduler simulation && simulation.TryYield(time, out others);
    }

    internal static double CheckRatio(double ratio, string name) =>
        ratio is >= 0 and <= 1 ? ratio : throw new ArgumentOutOfRangeException(name, ratio, $"{name} is {ratio}; it must be from 0 to 1.");

    internal void Add(SimulatedConnection connection) => _open.Add(connection);

    internal void Remove(SimulatedConnection connection) => _open.Remove(connection);

    internal IEnumerable<SimulatedConnection> ConnectionsOver(SimulatedLink link) =>
        _open.Where(connection => connection.Uses(link)).ToArray();

    internal IEnumerable<SimulatedConnection> ConnectionsOf(SimulatedHost host) =>
        _open.Where(connection => connection.Touches(host)).ToArray();

    /// <summary>Runs a program's code soon, on the world's scheduler; after an await the code resumes there.</summary>
    internal void Post(Action action)
    {
        if (Scheduler.Context is { } context)
        {
            context.Post(static run => ((Action)run!)(), action);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static run => run(), action, preferLocal: false);
        }
    }

    /// <summary>Runs a program's code after a time.</summary>
    internal void PostAfter(TimeSpan time, Action action) =>
        Scheduler.Time.CreateTimer(_ => Post(action), null, time, Timeout.InfiniteTimeSpan);
}
