using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Zocalo.Addresses;
using Zocalo.Engines;
using Zocalo.Engines.Sockets;
using Zocalo.Testing.Network;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing;

/// <summary>
/// One machine of a <see cref="SimulatedNetwork"/> and the engine for the programs on it: pass it to <see cref="SocketServer"/>,
/// <see cref="Listener"/> and <see cref="Connector"/>. Its name resolves on every host; each host has its own loopback and <c>unix:</c>
/// addresses. Thread-safe.
/// </summary>
public sealed class SimulatedHost : Engine
{
    private readonly World _world;
    private readonly Queue<SocketError> _acceptErrors = new();
    private bool _isCrashed;
    private int _maxDescriptors = int.MaxValue;
    private long _floodedUntil;

    internal SimulatedHost(World world, string name, int number) : base("simulated")
    {
        _world = world;
        HostName = name;
        Address = IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.0.{number / 250}.{(number % 250) + 1}"));
        AddressV6 = IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"fd00::{number:x}"));
        Clock = world.NewClock();
        DnsRandom = SeededRandom.For(~world.Seed, (ulong)number);
    }

    /// <summary>Raised after <see cref="Restart"/>, on the simulation's thread. Start the host's programs again here.</summary>
    public event Action? Restarted;

    /// <summary>Its name.</summary>
    public string HostName { get; }

    /// <summary>Its IPv4 address, to which its name resolves.</summary>
    public IPAddress Address { get; }

    /// <summary>Its IPv6 address.</summary>
    public IPAddress AddressV6 { get; }

    /// <summary>The host's own clock: its wall clock can be set without changing those of other hosts
    /// (<see cref="SimulatedTime.JumpClock"/>).</summary>
    public TimeProvider Clock { get; }

    /// <summary>True between <see cref="Crash"/> and <see cref="Restart"/>.</summary>
    public bool IsCrashed => Volatile.Read(ref _isCrashed);

    /// <summary>
    /// The most listeners and connections that its programs may have open together. When more are needed, accepting and connecting fail
    /// with <see cref="SocketError.TooManyOpenSockets"/> (EMFILE). No limit unless set.
    /// </summary>
    public int MaxDescriptors
    {
        get => _maxDescriptors;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 0);
            lock (_world.Lock)
            {
                _maxDescriptors = value;
                Sockets.OfferAll();
            }
        }
    }

    /// <summary>Listeners and connections that its programs have open.</summary>
    public int OpenDescriptors
    {
        get
        {
            lock (_world.Lock)
            {
                return Sockets.Count;
            }
        }
    }

    internal override TimeProvider Time => Clock;

    /// <summary>Listeners and connections that are open on the whole network.</summary>
    internal int OpenCount => _world.OpenCount;

    internal override EngineScheduler Scheduler => _world.Scheduler;

    /// <summary>How often it has crashed. An operation that began before a crash fails.</summary>
    internal int Crashes { get; private set; }

    internal IEnumerable<IPAddress> Addresses => [Address, AddressV6];

    internal Network.Sockets Sockets { get; } = new();

    /// <summary>Random numbers for operations that belong to no connection.</summary>
    internal SeededRandom DnsRandom { get; }

    internal bool HasDescriptorFree => Sockets.Count < _maxDescriptors;

    internal bool IsFlooded => _floodedUntil > _world.Now;

    /// <summary>A single host on a network that runs on the thread pool, in the system's time, for tests about threads.</summary>
    internal static SimulatedHost OnThreadPool() => new World(PoolScheduler.Shared, seed: 0, traces: false).Host("here");

    /// <summary>
    /// The machine stops and sends nothing more: peers notice it when acknowledgements stop, or, after <see cref="Restart"/>, by a reset in
    /// answer to their next bytes. For its own programs every connection is broken, and their listeners get no connections any more.
    /// </summary>
    public void Crash()
    {
        lock (_world.Lock)
        {
            if (_isCrashed)
            {
                return;
            }
            _isCrashed = true;
            Crashes++;
            _world.Trace.Add(TraceKind.Host, $"{HostName} crashes");
            foreach (var connection in _world.ConnectionsOf(this))
            {
                connection.OnCrash(this);
            }
            foreach (var listener in Sockets.Clear())
            {
                listener.OnHostCrash();
            }
        }
    }

    /// <summary>The machine runs again, without its earlier connections and listeners. Its programs are not started: see
    /// <see cref="Restarted"/>.</summary>
    public void Restart()
    {
        lock (_world.Lock)
        {
            if (!_isCrashed)
            {
                return;
            }
            _isCrashed = false;
            _world.Trace.Add(TraceKind.Host, $"{HostName} is up again");
        }
        if (Restarted is { } restarted)
        {
            _world.Post(restarted);
        }
    }

    /// <summary>The next accepts on this host fail with <paramref name="error"/> while connections wait:
    /// <see cref="SocketError.NoBufferSpaceAvailable"/>, <see cref="SocketError.ConnectionAborted"/>…</summary>
    public void FailAccepts(SocketError error, int times = 1)
    {
        lock (_world.Lock)
        {
            for (var i = 0; i < times; i++)
            {
                _acceptErrors.Enqueue(error);
            }
        }
    }

    /// <summary>For some time every SYN is dropped, as if the backlogs of all its listeners were full. Clients send it again after one
    /// second, two, four…</summary>
    public void FloodBacklog(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        lock (_world.Lock)
        {
            _floodedUntil = Math.Max(_floodedUntil, _world.Now + time.Ticks);
        }
    }

    internal override ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return new([IPAddress.Loopback, IPAddress.IPv6Loopback]);
        }
        if (host.Equals(HostName, StringComparison.OrdinalIgnoreCase))
        {
            return new([Address]);      // its own name needs no DNS server
        }
        var addresses = _world.Resolve(host);
        var error = addresses.Length == 0 ? SocketError.HostNotFound : ConnectFaults.DrawDns(_world, this);
        if (error != SocketError.Success)
        {
            _world.Trace.Add(TraceKind.Fault, $"{HostName} does not resolve {host}: {error}");
            throw new SocketException((int)error);
        }
        return new(addresses);
    }

    internal override ListenerSocket Listen(EndPoint endPoint, int backlog, SocketSettings settings)
    {
        lock (_world.Lock)
        {
            if (_isCrashed || !HasDescriptorFree)
            {
                throw new SocketException((int)(_isCrashed ? SocketError.NetworkDown : SocketError.TooManyOpenSockets));
            }
            if (endPoint is IPEndPoint { Address: var ip } && !IsMine(ip))
            {
                throw new SocketException((int)SocketError.AddressNotAvailable);
            }
            var (address, bound) = Sockets.Bind(endPoint);
            var listener = new MemoryListener(_world, this, address, bound, backlog, settings);
            Sockets.Add(listener);
            _world.Trace.Add(TraceKind.Host, $"{HostName} listens on {address}");
            return listener;
        }
    }

    internal override Task<ConnectResult> ConnectAsync(EndPoint endPoint, SocketSettings settings, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (settings.Source is not null)
        {
            throw new NotSupportedException($"A simulated host connects from its own address ({Address}): leave Source out.");
        }
        return new Handshake(_world, this, EndPoints.ToAddress(endPoint), settings).RunAsync(cancellationToken);
    }

    /// <summary>Its address in a connection to <paramref name="to"/>.</summary>
    internal string AddressTowards(Address to) => to is not TcpAddress tcp ? ""
        : IPAddress.TryParse(tcp.Host, out var ip) && IPAddress.IsLoopback(ip) ? tcp.Host
        : (tcp.Host.Contains(':') ? AddressV6 : Address).ToString();

    /// <summary>The error of the next accept; null if it succeeds. Under the world's lock.</summary>
    internal SocketError? NextAcceptError() =>
        _acceptErrors.TryDequeue(out var error) ? error
        : HasDescriptorFree ? null
        : SocketError.TooManyOpenSockets;

    private bool IsMine(IPAddress ip) =>
        IPAddress.IsLoopback(ip) || ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any) || Addresses.Contains(ip);
}
