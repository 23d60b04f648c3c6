using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing;

public class InMemoryEngineTests
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
        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Loopback], await _engine.ResolveAsync("localhost", CancellationToken.None));
    }

    [Fact]
    public async Task A_connect_beyond_the_backlog_waits_until_there_is_room()
    {
        await using var listener = await Listen("127.0.0.1:7000", backlog: 1);
        var first = await Connect("127.0.0.1:7000");
        var second = await Connect("127.0.0.1:7000");      // as on Linux, a backlog of n holds n + 1
        var third = Connect("127.0.0.1:7000");
        Assert.False(third.IsCompleted);
        var accepted = await listener.AcceptAsync().WaitAsync(Cap);
        Assert.Equal(first.LocalAddress, accepted.RemoteAddress);
        var connected = await third.WaitAsync(Cap);
        Assert.Equal(listener.LocalAddress, connected.RemoteAddress);
        Array.ForEach([first, second, connected, accepted], connection => connection.Abort());
    }

    [Fact]
    public async Task A_connect_that_is_cancelled_while_it_waits_never_arrives()
    {
        await using var listener = await Listen("127.0.0.1:7000", backlog: 1);
        var held = new[] { await Connect("127.0.0.1:7000"), await Connect("127.0.0.1:7000") };
        using var cancel = new CancellationTokenSource();
        var waiting = Connect("127.0.0.1:7000", cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Cap));
        Assert.Equal(3, _engine.OpenCount);
        foreach (var client in held)
        {
            client.Abort();
            (await listener.AcceptAsync().WaitAsync(Cap)).Abort();
        }
        Assert.Equal(1, _engine.OpenCount);
    }

    [Fact]
    public async Task A_connect_that_waits_is_timed_by_the_given_clock()
    {
        await using var listener = await Listen("127.0.0.1:7000", backlog: 1);
        var held = new[] { await Connect("127.0.0.1:7000"), await Connect("127.0.0.1:7000") };
        var time = new FakeTime();
        var waiting = Connector.ConnectAsync("127.0.0.1:7000", new ConnectOptions { Engine = _engine, Time = time, Timeout = TimeSpan.FromHours(1) });
        time.Advance(TimeSpan.FromHours(1));
        Assert.Contains("no answer", (await Assert.ThrowsAsync<TimeoutException>(() => waiting.WaitAsync(Cap))).Message, StringComparison.Ordinal);
        Array.ForEach(held, client => client.Abort());
    }

    [Fact]
    public async Task Closing_a_listener_resets_its_backlog_and_refuses_who_waits_outside()
    {
        var listener = await Listen("127.0.0.1:7000", backlog: 1);
        var established = await Connect("127.0.0.1:7000");
        var another = await Connect("127.0.0.1:7000");
        var waiting = Connect("127.0.0.1:7000");
        await listener.DisposeAsync();
        Assert.Equal(EndReason.Reset, (await Assert.ThrowsAsync<ConnectionException>(() => Read(established))).Reason);
        Assert.Equal(EndReason.Reset, (await Assert.ThrowsAsync<ConnectionException>(() => Read(another))).Reason);
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<NetworkException>(() => waiting.WaitAsync(Cap))).SocketError);
        Assert.Equal(0, _engine.OpenCount);
    }

    [Fact]
    public async Task Closing_a_listener_ends_the_accept_that_waits()
    {
        var listener = await Listen("127.0.0.1:7000");
        var accepting = listener.AcceptAsync();
        await listener.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting.WaitAsync(Cap));
    }

    [Fact]
    public void A_window_must_hold_something() => Assert.Throws<ArgumentOutOfRangeException>(() => new InMemoryEngine { Window = 0 });

    [Fact]
    public async Task A_window_of_one_byte_carries_everything()
    {
        var engine = new InMemoryEngine { Window = 1 };
        await using var server = await SocketServer.StartAsync("127.0.0.1:0", Echo, new ServerOptions { Engine = engine });
        await using var client = await Connector.ConnectAsync(server.LocalAddress, new ConnectOptions { Engine = engine });
        Assert.Equal("one byte at a time", await Ask(client, "one byte at a time"));
    }

    [Fact]
    public async Task Nothing_is_held_after_both_ends_have_closed()
    {
        await using var server = await ServeEcho("127.0.0.1:7000");
        var (client, end) = await TalkAndHangUp(server);
        Assert.Equal("PeerFinished, 5 in, 5 out", end);
        for (var tries = 0; client.IsAlive && tries < 100; tries++)
        {
            await Task.Yield();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.False(client.IsAlive, "the engine holds a closed connection");
        await server.StopAsync().WaitAsync(Cap);
        Assert.Equal(0, _engine.OpenCount);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<(WeakReference Client, string End)> TalkAndHangUp(SocketServer server)
    {
        var client = await Connect(server.LocalAddress);
        var ended = _ends.Task;
        Assert.Equal("hello", await Ask(client, "hello"));
        await client.CloseAsync().WaitAsync(Cap);
        return (new WeakReference(client.Core), (await ended.WaitAsync(Cap)).ToString());
    }

    private readonly TaskCompletionSource<ConnectionEnd> _ends = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task<SocketServer> ServeEcho(string address) => SocketServer.StartAsync(address, (connection, ct) =>
    {
        _ = connection.Closed.ContinueWith(closed => _ends.TrySetResult(closed.Result), TaskScheduler.Default);
        return Echo(connection, ct);
    }, new ServerOptions { Engine = _engine });

    private Task<Listener> Listen(string address, int backlog = 512) =>
        Listener.ListenAsync(address, new ListenOptions { Engine = _engine, Backlog = backlog });

    private Task<Connection> Connect(Address address, CancellationToken cancellationToken = default) =>
        Connector.ConnectAsync(address, new ConnectOptions { Engine = _engine }, cancellationToken);

    private static Task Echo(Connection connection, CancellationToken ct) => connection.Input.CopyToAsync(connection.Output, ct);

    private static async Task<string> Ask(Connection client, string text)
    {
        await client.SendAsync(Encoding.ASCII.GetBytes(text)).AsTask().WaitAsync(Cap);
        var reply = await client.Input.ReadAtLeastAsync(text.Length).AsTask().WaitAsync(Cap);
        var read = Encoding.ASCII.GetString(reply.Buffer);
        client.Input.AdvanceTo(reply.Buffer.End);
        return read;
    }

    private static async Task<int> Read(Connection connection) => await connection.ReceiveAsync(new byte[1]).AsTask().WaitAsync(Cap);
}
