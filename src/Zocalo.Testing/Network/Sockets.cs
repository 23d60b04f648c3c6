using System.Net;
using System.Net.Sockets;
using Zocalo.Addresses;

namespace Zocalo.Testing.Network;

/// <summary>
/// The sockets of one host's programs: the listeners and their addresses, the ports of connections, the number of descriptors. Under the
/// world's lock. It holds listeners until they close; of connections it keeps only the addresses.
/// </summary>
internal sealed class Sockets
{
    // Linux's range, net.ipv4.ip_local_port_range: ip(7).
    private const int FirstEphemeralPort = 32768;
    private const int EphemeralPorts = 60999 - FirstEphemeralPort + 1;

    private readonly List<MemoryListener> _listeners = [];
    private readonly HashSet<(Address Local, Address Remote)> _connected = [];
    private int _nextPort;
    private int _ends;

    /// <summary>Open descriptors: listeners, and connections that a program holds.</summary>
    internal int Count => _listeners.Count + _ends;

    internal int ListenerCount => _listeners.Count;

    /// <summary>The address to listen on, with a free port if none was chosen.</summary>
    /// <exception cref="SocketException">The address is in use.</exception>
    internal (Address Address, EndPoint EndPoint) Bind(EndPoint endPoint)
    {
        var bound = endPoint is IPEndPoint { Port: 0 } any ? WithFreePort(any) : endPoint;
        var address = EndPoints.ToAddress(bound);
        return bound is null || IsTaken(address)
            ? throw new SocketException((int)SocketError.AddressAlreadyInUse)
            : (address, bound);
    }

    internal void Add(MemoryListener listener) => _listeners.Add(listener);

    internal void Remove(MemoryListener listener) => _listeners.Remove(listener);

    /// <summary>The listener for an address: the one bound to it, or to a wildcard that covers it.</summary>
    internal MemoryListener? Find(Address address) =>
        _listeners.Find(listener => listener.Address.Equals(address)) ?? _listeners.Find(listener => Covers(listener.Address, address));

    /// <summary>An address for a client of a server, with a port that no other connection to that server has.</summary>
    /// <returns>Null when no port is left.</returns>
    internal Address? Connect(string from, Address server)
    {
        if (server is not TcpAddress)
        {
            return UnixAddress.Unnamed;
        }
        foreach (var port in NextPorts())
        {
            var client = new TcpAddress(from, port);
            if (Find(client) is null && _connected.Add((client, server)))
            {
                return client;
            }
        }
        return null;
    }

    internal void Disconnect(Address client, Address server) => _connected.Remove((client, server));

    internal void OnOpened() => _ends++;

    internal void OnClosed() => _ends--;

    /// <summary>The machine has crashed: its listeners are removed.</summary>
    internal MemoryListener[] Clear()
    {
        MemoryListener[] listeners = [.. _listeners];
        _listeners.Clear();
        return listeners;
    }

    internal void OfferAll()
    {
        foreach (var listener in _listeners.ToArray())
        {
            listener.Offer();
        }
    }

    private IPEndPoint? WithFreePort(IPEndPoint wanted) => NextPorts()
        .Select(port => new IPEndPoint(wanted.Address, port))
        .FirstOrDefault(free => !IsTaken(EndPoints.ToAddress(free)));

    private bool IsTaken(Address address) => _listeners.Exists(taken => Covers(taken.Address, address) || Covers(address, taken.Address));

    private IEnumerable<int> NextPorts()
    {
        for (var tries = 0; tries < EphemeralPorts; tries++)
        {
            yield return FirstEphemeralPort + (_nextPort++ % EphemeralPorts);
        }
    }

    /// <summary>Whether a listener bound to <paramref name="bound"/> gets connections to <paramref name="address"/>: <c>::</c> covers both
    /// families (dual stack), <c>0.0.0.0</c> covers IPv4.</summary>
    private static bool Covers(Address bound, Address address) => bound.Equals(address)
        || (bound is TcpAddress any && address is TcpAddress tcp && any.Port == tcp.Port
            && (any.Host == "::" || (any.Host == "0.0.0.0" && !tcp.Host.Contains(':'))));
}
