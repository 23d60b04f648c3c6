using System.Net;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Testing;
using Zocalo.Testing.Network;

namespace Zocalo.Tests.Testing.Network;

/// <summary>The ports of a machine: as many as Linux gives out, and no more.</summary>
public class HostSocketsTests
{
    private const int EphemeralPorts = 60999 - 32768 + 1;
    private const string From = "10.0.0.1";

    private readonly Zocalo.Testing.Network.Sockets _sockets = new();
    private readonly Address _server = "10.0.0.2:7000";

    [Fact]
    public void A_port_that_a_connection_holds_is_not_given_to_another_one_to_the_same_server()
    {
        var held = _sockets.Connect(From, _server)!;
        for (var i = 0; i < EphemeralPorts; i++)
        {
            var client = _sockets.Connect(From, _server)!;
            Assert.NotEqual(held, client);
            _sockets.Disconnect(client, _server);
        }
    }

    [Fact]
    public void When_no_port_is_left_there_is_none_until_one_is_free()
    {
        var all = Enumerable.Range(0, EphemeralPorts).Select(_ => _sockets.Connect(From, _server)).ToArray();
        Assert.Equal(EphemeralPorts, all.Distinct().Count());
        Assert.Null(_sockets.Connect(From, _server));
        Assert.NotNull(_sockets.Connect(From, "10.0.0.2:7001"));
        _sockets.Disconnect(all[5]!, _server);
        Assert.Equal(all[5], _sockets.Connect(From, _server));
    }

    [Fact]
    public void A_clients_port_is_none_that_somebody_listens_on()
    {
        var host = new World(PoolScheduler.Shared, seed: 0, traces: false).Host("here");
        var any = new IPEndPoint(IPAddress.Any, 0);
        var listening = ((IPEndPoint)host.Listen(any, 1, ConnectionOptions.Default.SocketSettings).LocalEndPoint).Port;
        for (var i = 0; i < EphemeralPorts - 1; i++)
        {
            Assert.NotEqual(listening, ((TcpAddress)host.Sockets.Connect(From, _server)!).Port);
        }
        Assert.Null(host.Sockets.Connect(From, _server));
    }

    [Fact]
    public void An_end_point_of_another_family_is_refused() => Assert.Throws<NotSupportedException>(
        () => SimulatedHost.OnThreadPool().Listen(
            new DnsEndPoint("localhost", 80, AddressFamily.InterNetwork), 1, ConnectionOptions.Default.SocketSettings));
}
