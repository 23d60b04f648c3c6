using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Zocalo.Addresses;
using Zocalo.Engines;
using Zocalo.Testing.InMemory;

namespace Zocalo.Testing;

/// <summary>
/// A network in memory: streams with TCP's rules and without sockets, for tests. Servers and clients that are given the same instance
/// find each other at ordinary addresses; no other instance, no other process and no descriptor is involved.
/// </summary>
/// <remarks>
/// <para>As on Linux's loopback: bounded windows and back-pressure, backlogs, ports in use, half-close in both directions, a reset when a connection is aborted or closed with
/// unread bytes, bytes that arrived before a reset still readable. Streams at <c>unix:</c> addresses follow the same rules; there is no file.</para>
/// <para>The network is one machine that has every IP address: nothing is unreachable, what nobody listens on refuses. Thread-safe; code of the program's runs on the thread pool.</para>
/// </remarks>
public sealed class InMemoryEngine : Engine
{
    private const int PairPort = 5346;

    private readonly Network _network = new();
    private readonly ConcurrentDictionary<string, ImmutableArray<IPAddress>> _hosts = new(StringComparer.OrdinalIgnoreCase)
    {
        ["localhost"] = [IPAddress.Loopback, IPAddress.IPv6Loopback],
    };

    /// <summary>Makes a network on which nobody listens and no name but <c>localhost</c> resolves.</summary>
    public InMemoryEngine() : base("in-memory")
    {
    }

    /// <summary>
    /// Bytes in each direction of a connection that are sent and not yet received, at most: 64 KiB unless set, at least 1. What exceeds it waits at the sender.
    /// </summary>
    public int Window
    {
        get => _network.Window;
        init => _network.Window = value >= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Window), value, $"Window is {value} bytes; it must be at least 1.");
    }

    /// <summary>Listeners and connections that are still open: 0 when a test has closed everything.</summary>
    internal int OpenCount => _network.OpenCount;

    /// <summary>Two connected connections, for tests of code that speaks a protocol: what one sends, the other receives. The caller closes both, at the same time:
    /// a close waits for the other's FIN, at most <see cref="ConnectionOptions.CloseTimeout"/>.</summary>
    /// <param name="options">The limits of both; null for the defaults.</param>
    /// <param name="time">The clock of both, such as a <see cref="FakeTime"/>; the system's unless given.</param>
    public static (Connection Client, Connection Server) CreatePair(ConnectionOptions? options = null, TimeProvider? time = null)
    {
        if (!new Network().TryJoin(TcpAddress.Loopback(PairPort), out var client, out var server))
        {
            throw new InvalidOperationException("A new network has no free port.");
        }
        return (Wrap(client), Wrap(server));

        Connection Wrap(Channel channel) => new(channel, options ?? ConnectionOptions.Default, NullLogger.Instance, time ?? TimeProvider.System);
    }

    /// <summary>Lets a name resolve. Further addresses of the same name are tried in the order in which they were added.</summary>
    /// <param name="name">In any case.</param>
    /// <param name="address">Any IP address: all of them belong to this network.</param>
    public void AddHost(string name, IPAddress address)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(address);
        _hosts.AddOrUpdate(name, static (_, added) => [added], static (_, known, added) => known.Add(added), address);
    }

    internal override ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        _hosts.TryGetValue(host, out var addresses)
            ? new([.. addresses])
            : throw new SocketException((int)SocketError.HostNotFound);

    internal override ListenerSocket Listen(EndPoint endPoint, int backlog, ConnectionOptions options) => _network.Listen(endPoint, backlog);

    internal override async Task<ConnectResult> ConnectAsync(EndPoint endPoint, ConnectionOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var address = EndPoints.ToAddress(endPoint);
        if (_network.Find(address) is { } listener)
        {
            return await listener.ConnectAsync(address, cancellationToken);
        }
        // connect(2): a path that is not there is another error than a socket on which nobody listens.
        return new(null, address is UnixAddress { IsAbstract: false } ? SocketError.AddressNotAvailable : SocketError.ConnectionRefused);
    }
}
