using System.Net;
using System.Net.Sockets;
using Zocalo.Testing.InMemory;

namespace Zocalo.Tests.Testing;

/// <summary>The ports of a machine in memory: as many as Linux gives out, and no more.</summary>
public class NetworkTests
{
    private const int EphemeralPorts = 60999 - 32768 + 1;

    private readonly Network _network = new();
    private readonly Address _server = "127.0.0.1:7000";

    [Fact]
    public void A_port_that_a_connection_holds_is_not_given_to_another_one_to_the_same_server()
    {
        var (held, _) = Join();
        for (var i = 0; i < EphemeralPorts; i++)
        {
            var (client, server) = Join();
            Assert.NotEqual(held.LocalAddress, client.LocalAddress);
            client.Close();
            server.Close();
        }
    }

    [Fact]
    public void When_no_port_is_left_connecting_fails_until_one_is_free()
    {
        var (first, firstServer) = Join();
        for (var i = 1; i < EphemeralPorts; i++)
        {
            Join();
        }
        Assert.False(_network.TryJoin(_server, out _, out _));
        Assert.True(_network.TryJoin("127.0.0.1:7001", out _, out _));
        first.Close();
        Assert.False(_network.TryJoin(_server, out _, out _));
        firstServer.Close();
        Assert.Equal(first.LocalAddress, Join().Client.LocalAddress);
    }

    [Fact]
    public void A_clients_port_is_none_that_somebody_listens_on()
    {
        var listening = ((IPEndPoint)_network.Listen(new IPEndPoint(IPAddress.Any, 0), 1).LocalEndPoint).Port;
        for (var i = 0; i < EphemeralPorts - 1; i++)
        {
            Assert.NotEqual(listening, ((TcpAddress)Join().Client.LocalAddress).Port);
        }
        Assert.False(_network.TryJoin(_server, out _, out _));
    }

    [Fact]
    public void An_end_point_of_another_family_is_refused() =>
        Assert.Throws<NotSupportedException>(() => _network.Listen(new DnsEndPoint("localhost", 80, AddressFamily.InterNetwork), 1));

    private (InMemoryChannel Client, InMemoryChannel Server) Join()
    {
        Assert.True(_network.TryJoin(_server, out var client, out var server));
        return (client, server);
    }
}
