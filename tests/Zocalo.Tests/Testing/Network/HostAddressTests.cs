using System.Net;
using System.Net.Sockets;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Network;

/// <summary>The addresses of hosts and listeners on a simulated network.</summary>
public class HostAddressTests
{
    [Theory(Timeout = Duo.Cap)]
    [InlineData("127.0.0.1:7000", "tcp://127.0.0.1:7000")]
    [InlineData("[::1]:7000", "tcp://[::1]:7000")]
    [InlineData("10.0.0.1:7000", "tcp://10.0.0.1:7000")]
    [InlineData("tcp://here:7000", "tcp://10.0.0.1:7000")]
    [InlineData("unix:/no/such/directory/socket", "unix:/no/such/directory/socket")]
    [InlineData("unix:@name", "unix:@name")]
    public async Task A_listener_is_found_at_its_address_on_its_host(string address, string local)
    {
        await using var net = new SimulatedNetwork(1);
        await using var listener = await Listen(net, "here", address);
        Assert.Equal(local, listener.LocalAddress.ToString());
        var client = await Connect(net, "here", address);
        Assert.Equal(listener.LocalAddress, client.RemoteAddress);
        var server = await listener.AcceptAsync();
        Assert.Equal("hello", await Duo.Pass(client, server, "hello"));
        client.Abort();
        server.Abort();
    }

    [Theory(Timeout = Duo.Cap)]
    [InlineData("*:7000", "tcp://there:7000", "10.0.0.2", "10.0.0.1")]
    [InlineData("*:7000", "[fd00::1]:7000", "fd00::1", "fd00::")]
    [InlineData("0.0.0.0:7000", "10.0.0.2:7000", "10.0.0.2", "10.0.0.1")]
    public async Task A_wildcard_answers_at_every_address_that_it_covers(
        string wildcard, string address, string serversIp, string clientsIp)
    {
        await using var net = new SimulatedNetwork(1);
        net.Host("here");
        await using var listener = await Listen(net, "there", wildcard);
        var client = await Connect(net, "here", address);
        var server = await listener.AcceptAsync();
        Assert.Equal(IPAddress.Parse(serversIp), IPAddress.Parse(((TcpAddress)server.LocalAddress).Host));
        Assert.Equal(IPAddress.Parse(clientsIp), IPAddress.Parse(((TcpAddress)server.RemoteAddress).Host));
        Assert.Equal((client.LocalAddress, client.RemoteAddress), (server.RemoteAddress, server.LocalAddress));
        client.Abort();
        server.Abort();
    }

    [Theory(Timeout = Duo.Cap)]
    [InlineData("0.0.0.0:7000", "[::1]:7000")]
    [InlineData("127.0.0.1:7000", "127.0.0.2:7000")]
    [InlineData("127.0.0.1:7000", "127.0.0.1:7001")]
    [InlineData("127.0.0.1:7000", "tcp://here:7000")]
    public async Task It_answers_nowhere_else(string listening, string address)
    {
        await using var net = new SimulatedNetwork(1);
        await using var listener = await Listen(net, "here", listening);
        await MustFail(SocketError.ConnectionRefused, () => Connect(net, "here", address));
    }

    [Theory(Timeout = Duo.Cap)]
    [InlineData("127.0.0.1:7000")]
    [InlineData("unix:/run/x")]
    [InlineData("unix:@x")]
    public async Task Loopback_and_unix_addresses_are_each_hosts_own(string address)
    {
        await using var net = new SimulatedNetwork(1);
        await using var here = await Listen(net, "here", address);
        await Assert.ThrowsAsync<NetworkException>(() => Connect(net, "there", address));
        await using var there = await Listen(net, "there", address);
        var client = await Connect(net, "there", address);
        (await there.AcceptAsync()).Abort();
        client.Abort();
    }

    [Theory(Timeout = Duo.Cap)]
    [InlineData("127.0.0.1:7000", "127.0.0.1:7000")]
    [InlineData("127.0.0.1:7000", "*:7000")]
    [InlineData("*:7000", "127.0.0.1:7000")]
    [InlineData("0.0.0.0:7000", "*:7000")]
    [InlineData("unix:/run/x", "unix:/run/x")]
    public async Task An_address_in_use_is_refused_until_its_listener_closes(string first, string second)
    {
        await using var net = new SimulatedNetwork(1);
        await using (await Listen(net, "here", first))
        {
            await MustFail(SocketError.AddressAlreadyInUse, () => Listen(net, "here", second));
        }
        await using var again = await Listen(net, "here", second);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task An_address_of_another_host_is_not_available()
    {
        await using var net = new SimulatedNetwork(1);
        net.Host("here");
        net.Host("there");
        await MustFail(SocketError.AddressNotAvailable, () => Listen(net, "here", "10.0.0.2:7000"));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Port_0_chooses_a_port_for_each_listener()
    {
        await using var net = new SimulatedNetwork(1);
        await using var one = await Listen(net, "here", "127.0.0.1:0");
        await using var other = await Listen(net, "here", "*:0");
        var ports = new[] { one, other }.Select(listener => ((TcpAddress)listener.LocalAddress).Port).ToArray();
        Assert.All(ports, port => Assert.InRange(port, 32768, 60999));
        Assert.NotEqual(ports[0], ports[1]);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Each_connection_has_an_address_of_its_own_and_is_told_apart()
    {
        await using var net = new SimulatedNetwork(1);
        await using var listener = await Listen(net, "there", "tcp://there:7000");
        var clients = new List<Connection>();
        for (var i = 0; i < 50; i++)
        {
            clients.Add(await Connect(net, "here", "tcp://there:7000"));
            (await listener.AcceptAsync()).Abort();
        }
        Assert.Equal(50, clients.Select(client => client.LocalAddress).Distinct().Count());
        clients.ForEach(client => client.Abort());
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Names_of_hosts_resolve_in_any_case_and_no_others()
    {
        await using var net = new SimulatedNetwork(1);
        await using var listener = await Listen(net, "API.example", "tcp://api.example:7000");
        await MustFail(SocketError.HostNotFound, () => Connect(net, "here", "tcp://other.example:7000"));
        await MustFail(SocketError.ConnectionRefused, () => Connect(net, "here", "localhost:7000"));
        var client = await Connect(net, "here", "tcp://Api.Example:7000");
        Assert.Equal("tcp://10.0.0.1:7000", client.RemoteAddress.ToString());
        client.Abort();
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task An_address_that_nobody_has_is_unreachable()
    {
        await using var net = new SimulatedNetwork(1);
        await MustFail(SocketError.NetworkUnreachable, () => Connect(net, "here", "10.9.9.9:7000"));
    }

    private static async Task MustFail(SocketError error, Func<Task> action) =>
        Assert.Equal(error, (await Assert.ThrowsAsync<NetworkException>(action)).SocketError);

    private static Task<Listener> Listen(SimulatedNetwork net, string host, string address) =>
        Listener.ListenAsync(address, new() { Engine = net.Host(host) });

    private static Task<Connection> Connect(SimulatedNetwork net, string host, string address) =>
        Connector.ConnectAsync(address, new() { Engine = net.Host(host) });
}
