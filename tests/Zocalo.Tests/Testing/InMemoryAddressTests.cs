using System.Net;
using System.Net.Sockets;
using System.Text;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing;

/// <summary>Who is found where on a network in memory.</summary>
public class InMemoryAddressTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly InMemoryEngine _engine = new();

    [Theory]
    [InlineData("127.0.0.1:7000", "tcp://127.0.0.1:7000")]
    [InlineData("[::1]:7000", "tcp://[::1]:7000")]
    [InlineData("192.0.2.9:7000", "tcp://192.0.2.9:7000")]
    [InlineData("unix:/no/such/directory/socket", "unix:/no/such/directory/socket")]
    [InlineData("unix:@name", "unix:@name")]
    public async Task A_server_is_found_at_its_address(string address, string local)
    {
        await using var server = await ServeEcho(address);
        Assert.Equal(local, server.LocalAddress.ToString());
        await using var client = await Connect(server.LocalAddress);
        Assert.Equal(server.LocalAddress, client.RemoteAddress);
        Assert.Equal("hello", await Ask(client, "hello"));
    }

    [Theory]
    [InlineData("*:7000", "127.0.0.1:7000")]
    [InlineData("*:7000", "[::1]:7000")]
    [InlineData("*:7000", "[2001:db8::1]:7000")]
    [InlineData("0.0.0.0:7000", "192.0.2.9:7000")]
    public async Task A_wildcard_answers_at_every_address_that_it_covers(string wildcard, string address)
    {
        await using var listener = await Listen(wildcard);
        var client = await Connect(address);
        var server = await listener.AcceptAsync().WaitAsync(Cap);
        Assert.Equal(Address.Parse(address), server.LocalAddress);
        Assert.Equal(server.RemoteAddress, client.LocalAddress);
        client.Abort();
        server.Abort();
    }

    [Theory]
    [InlineData("0.0.0.0:7000", "[::1]:7000")]
    [InlineData("127.0.0.1:7000", "127.0.0.2:7000")]
    [InlineData("127.0.0.1:7000", "127.0.0.1:7001")]
    public async Task It_answers_nowhere_else(string listening, string address)
    {
        await using var listener = await Listen(listening);
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<NetworkException>(() => Connect(address))).SocketError);
    }

    [Theory]
    [InlineData("127.0.0.1:7000", "127.0.0.1:7000")]
    [InlineData("127.0.0.1:7000", "*:7000")]
    [InlineData("*:7000", "127.0.0.1:7000")]
    [InlineData("0.0.0.0:7000", "*:7000")]
    [InlineData("unix:/run/x", "unix:/run/x")]
    public async Task An_address_in_use_is_refused_until_its_listener_closes(string first, string second)
    {
        await using (await Listen(first))
        {
            Assert.Equal(SocketError.AddressAlreadyInUse, (await Assert.ThrowsAsync<NetworkException>(() => Listen(second))).SocketError);
        }
        await using var again = await Listen(second);
    }

    [Fact]
    public async Task Port_0_chooses_a_port_for_each_listener()
    {
        await using var one = await Listen("127.0.0.1:0");
        await using var other = await Listen("*:0");
        var ports = new[] { one, other }.Select(listener => ((TcpAddress)listener.LocalAddress).Port).ToArray();
        Assert.All(ports, port => Assert.InRange(port, 32768, 60999));
        Assert.NotEqual(ports[0], ports[1]);
    }

    [Fact]
    public async Task Each_connection_has_an_address_of_its_own()
    {
        await using var server = await ServeEcho("127.0.0.1:0");
        var clients = new List<Connection>();
        for (var i = 0; i < 100; i++)
        {
            clients.Add(await Connect(server.LocalAddress));
        }
        Assert.Equal(100, clients.Select(client => client.LocalAddress).Distinct().Count());
        await Task.WhenAll(clients.Select(client => client.CloseAsync())).WaitAsync(Cap);
    }

    [Fact]
    public async Task Each_instance_is_a_network_of_its_own()
    {
        await using var server = await ServeEcho("127.0.0.1:7000");
        var elsewhere = new ConnectOptions { Engine = new InMemoryEngine() };
        await Assert.ThrowsAsync<NetworkException>(() => Connector.ConnectAsync("127.0.0.1:7000", elsewhere));
    }

    [Fact]
    public async Task Only_localhost_and_added_hosts_resolve()
    {
        await using var server = await ServeEcho("192.0.2.9:7000");
        Assert.Equal(SocketError.HostNotFound, (await Assert.ThrowsAsync<NetworkException>(() => Connect("api.example:7000"))).SocketError);
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<NetworkException>(() => Connect("localhost:7000"))).SocketError);
        _engine.AddHost("API.example", IPAddress.Parse("2001:db8::9"));
        _engine.AddHost("api.example", IPAddress.Parse("192.0.2.9"));
        await using var client = await Connect("api.example:7000");
        Assert.Equal("tcp://192.0.2.9:7000", client.RemoteAddress.ToString());
        Assert.Equal(["2001:db8::9", "192.0.2.9"], (await _engine.ResolveAsync("Api.Example", CancellationToken.None)).Select(ip => ip.ToString()));
        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Loopback], await _engine.ResolveAsync("localhost", CancellationToken.None));
    }

    private Task<SocketServer> ServeEcho(string address) =>
        SocketServer.StartAsync(address, (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct), new ServerOptions { Engine = _engine });

    private Task<Listener> Listen(string address) =>
        Listener.ListenAsync(address, new ListenOptions { Engine = _engine });

    private Task<Connection> Connect(Address address) =>
        Connector.ConnectAsync(address, new ConnectOptions { Engine = _engine });

    private static async Task<string> Ask(Connection client, string text)
    {
        await client.SendAsync(Encoding.ASCII.GetBytes(text)).AsTask().WaitAsync(Cap);
        var reply = await client.Input.ReadAtLeastAsync(text.Length).AsTask().WaitAsync(Cap);
        var read = Encoding.ASCII.GetString(reply.Buffer);
        client.Input.AdvanceTo(reply.Buffer.End);
        return read;
    }
}
