using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Zocalo.Addresses;

namespace Zocalo.Testing.InMemory;

/// <summary>
/// One machine that has every IP address and every path: who listens where, and which ports its connections have. Thread-safe.
/// It holds listeners until they close; of connections it knows the addresses only.
/// </summary>
/// <remarks>Lock order: a listener calls in here under its own lock, never the other way round.</remarks>
internal sealed class Network
{
    // Linux's range, net.ipv4.ip_local_port_range: ip(7).
    private const int FirstEphemeralPort = 32768;
    private const int EphemeralPorts = 60999 - FirstEphemeralPort + 1;

    private readonly Lock _lock = new();
    private readonly Dictionary<Address, InMemoryListener> _listeners = [];
    private readonly HashSet<(Address Client, Address Server)> _connected = [];
    private readonly Place _place = Place.Pool;
    private int _nextPort;
    private int _connections;

    /// <summary>Bytes that each direction of a stream holds.</summary>
    internal int Window { get; set; } = 64 * 1024;

    /// <summary>Listeners, and connections of which an end is open: what a real system would hold descriptors for.</summary>
    internal int OpenCount
    {
        get
        {
            lock (_lock)
            {
                return _listeners.Count + _connections;
            }
        }
    }

    /// <exception cref="SocketException">The address is in use.</exception>
    internal InMemoryListener Listen(EndPoint endPoint, int backlog)
    {
        lock (_lock)
        {
            var bound = endPoint is IPEndPoint { Port: 0 } any ? WithFreePort(any) : endPoint;
            var address = EndPoints.ToAddress(bound);
            if (bound is null || IsTaken(address))
            {
                throw new SocketException((int)SocketError.AddressAlreadyInUse);
            }
            return _listeners[address] = new InMemoryListener(this, address, bound, backlog);
        }
    }

    /// <summary>Who answers at an address: the listener bound to it, or to a wildcard that covers it.</summary>
    internal InMemoryListener? Find(Address address)
    {
        lock (_lock)
        {
            return FindUnsynchronized(address);
        }
    }

    internal void Remove(InMemoryListener listener)
    {
        lock (_lock)
        {
            _listeners.Remove(listener.Address);
        }
    }

    /// <summary>A new stream between a client's end, whose address is chosen, and a server's.</summary>
    /// <returns>False when no port is left for the client.</returns>
    internal bool TryJoin(Address server, [NotNullWhen(true)] out InMemoryChannel? clientEnd, [NotNullWhen(true)] out InMemoryChannel? serverEnd)
    {
        clientEnd = serverEnd = null;
        Address? client;
        lock (_lock)
        {
            client = server is TcpAddress tcp ? ClientOf(tcp) : UnixAddress.Unnamed;
            if (client is null)
            {
                return false;
            }
            _connections++;
        }
        (clientEnd, serverEnd) = InMemoryChannel.Join(client, server, Window, _place, () => Release(client, server));
        return true;
    }

    private void Release(Address client, Address server)
    {
        lock (_lock)
        {
            _connections--;
            _connected.Remove((client, server));
        }
    }

    private InMemoryListener? FindUnsynchronized(Address address) =>
        _listeners.TryGetValue(address, out var exact) ? exact : _listeners.Values.FirstOrDefault(listener => Covers(listener.Address, address));

    private IPEndPoint? WithFreePort(IPEndPoint wanted) => NextPorts()
        .Select(port => new IPEndPoint(wanted.Address, port))
        .FirstOrDefault(free => !IsTaken(EndPoints.ToAddress(free)));

    private bool IsTaken(Address address) => _listeners.Keys.Any(taken => Covers(taken, address) || Covers(address, taken));

    /// <summary>Connecting to an address of this machine comes from that same address, as the kernel chooses it, and from a port that nobody has towards that server.</summary>
    private TcpAddress? ClientOf(TcpAddress server) => NextPorts()
        .Select(port => new TcpAddress(server.Host, port))
        .FirstOrDefault(client => FindUnsynchronized(client) is null && _connected.Add((client, server)));

    private IEnumerable<int> NextPorts()
    {
        for (var tries = 0; tries < EphemeralPorts; tries++)
        {
            yield return FirstEphemeralPort + (_nextPort++ % EphemeralPorts);
        }
    }

    /// <summary>A listener at <paramref name="bound"/> answers at <paramref name="address"/>: :: for both families (it is dual stack), 0.0.0.0 for IPv4.</summary>
    private static bool Covers(Address bound, Address address) => bound.Equals(address)
        || (bound is TcpAddress any && address is TcpAddress tcp && any.Port == tcp.Port
            && (any.Host == "::" || (any.Host == "0.0.0.0" && !tcp.Host.Contains(':'))));
}
