using System.Net.Sockets;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Network;

/// <summary>Connections between the client's connect and the server's accept, and accepts that fail.</summary>
public class BacklogTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact(Timeout = Duo.Cap)]
    public async Task A_connect_beyond_the_backlog_asks_again_after_1_2_and_4_seconds()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = LinkOptions.Instant };
        await using var listener = await Listen(net, backlog: 1);
        var held = new[] { await Connect(net), await Connect(net) };        // as on Linux, a backlog of n holds n + 1
        var third = Connect(net);
        await Task.Delay(4 * Second, net.Time);
        Assert.False(third.IsCompleted);
        var accepted = await listener.AcceptAsync();
        var connected = await third;
        Assert.Equal(7 * Second, net.Time.Elapsed);
        Assert.Equal(3, Lines(net, "the backlog is full"));
        Abort([.. held, accepted, connected]);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_connect_that_is_cancelled_while_it_waits_never_arrives()
    {
        await using var net = new SimulatedNetwork(1);
        await using var listener = await Listen(net, backlog: 1);
        var held = new[] { await Connect(net), await Connect(net) };
        using var cancel = new CancellationTokenSource(5 * Second, net.Time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Connect(net, cancel.Token));
        Assert.Equal(2, net.OpenConnections.Count);
        Assert.Equal(2, net.Host("a").OpenDescriptors);
        Abort([.. held, await listener.AcceptAsync(), await listener.AcceptAsync()]);
        var fourth = await Connect(net);
        Abort([fourth, await listener.AcceptAsync()]);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_handshake_that_is_cancelled_gives_its_place_back()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = new() { Latency = Second } };
        await using var listener = await Listen(net, backlog: 1);
        for (var i = 0; i < 5; i++)
        {
            using var cancel = new CancellationTokenSource(1.5 * Second, net.Time);     // the SYN-ACK is under way
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Connect(net, cancel.Token));
        }
        var client = await Connect(net);
        Abort([client, await listener.AcceptAsync()]);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Closing_a_listener_resets_its_backlog_and_refuses_who_waits_outside()
    {
        await using var net = new SimulatedNetwork(1);
        var listener = await Listen(net, backlog: 1);
        var held = new[] { await Connect(net), await Connect(net) };
        var waiting = Connect(net);
        await Task.Delay(Second / 2, net.Time);
        await listener.DisposeAsync();
        foreach (var client in held)
        {
            Assert.Equal(EndReason.Reset, (await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(client, 1))).Reason);
        }
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<NetworkException>(() => waiting)).SocketError);
        Assert.Empty(net.OpenConnections);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Closing_a_listener_ends_the_accept_that_waits()
    {
        await using var net = new SimulatedNetwork(1);
        var listener = await Listen(net);
        var accepting = listener.AcceptAsync();
        await listener.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_flooded_host_drops_every_syn_until_the_flood_is_over()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = LinkOptions.Instant };
        await using var listener = await Listen(net);
        net.Host("b").FloodBacklog(5 * Second);
        var client = await Connect(net);
        Assert.Equal(7 * Second, net.Time.Elapsed);
        Abort([client, await listener.AcceptAsync()]);
    }

    [Theory(Timeout = Duo.Cap)]
    [InlineData(SocketError.TooManyOpenSockets)]
    [InlineData(SocketError.NoBufferSpaceAvailable)]
    [InlineData(SocketError.ConnectionAborted)]
    public async Task A_server_goes_on_after_accepts_that_fail(SocketError error)
    {
        await using var net = new SimulatedNetwork(1);
        await using var server = await SocketServer.StartAsync("tcp://b:7000", Echo, new() { Engine = net.Host("b") });
        net.Host("b").FailAccepts(error, times: 3);
        for (var i = 0; i < 3; i++)
        {
            await using var client = await Connect(net);
            await Duo.Send(client, "hello");
            Assert.Equal("hello", await Duo.Read(client, 5));
        }
        Assert.Equal(3, Lines(net, $"accept on b fails: {error}"));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_server_without_descriptors_accepts_when_one_is_free()
    {
        await using var net = new SimulatedNetwork(1);
        var b = net.Host("b");
        await using var server = await SocketServer.StartAsync("tcp://b:7000", Echo, new() { Engine = b });
        b.MaxDescriptors = 2;       // the listener and one connection
        await using var first = await Connect(net);
        await Duo.Send(first, "first");
        Assert.Equal("first", await Duo.Read(first, 5));
        Assert.Equal(2, b.OpenDescriptors);
        await using var second = await Connect(net);
        await Duo.Send(second, "second");
        var reading = Duo.Read(second, 6);
        await Task.Delay(30 * Second, net.Time);
        Assert.False(reading.IsCompleted);
        await first.CloseAsync();
        Assert.Equal("second", await reading);
        Assert.Equal(2, b.OpenDescriptors);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_client_without_descriptors_cannot_connect()
    {
        await using var net = new SimulatedNetwork(1);
        await using var listener = await Listen(net);
        net.Host("a").MaxDescriptors = 1;
        var client = await Connect(net);
        Assert.Equal(SocketError.TooManyOpenSockets, (await Assert.ThrowsAsync<NetworkException>(() => Connect(net))).SocketError);
        Abort([client, await listener.AcceptAsync()]);
        await client.Closed;
        var next = await Connect(net);
        Abort([next, await listener.AcceptAsync()]);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Two_connects_do_not_share_one_descriptor()
    {
        await using var net = new SimulatedNetwork(1);
        await using var listener = await Listen(net);
        net.Host("a").MaxDescriptors = 1;
        var connecting = new[] { Connect(net), Connect(net) };
        Assert.Equal(
            SocketError.TooManyOpenSockets, (await Assert.ThrowsAsync<NetworkException>(() => Task.WhenAll(connecting))).SocketError);
        Assert.Equal(1, net.Host("a").OpenDescriptors);
        Abort([await connecting.Single(one => one.IsCompletedSuccessfully), await listener.AcceptAsync()]);
    }

    private static Task<Listener> Listen(SimulatedNetwork net, int backlog = 512) =>
        Listener.ListenAsync("tcp://b:7000", new() { Engine = net.Host("b"), Backlog = backlog });

    private static Task<Connection> Connect(SimulatedNetwork net, CancellationToken cancellationToken = default) =>
        Connector.ConnectAsync("tcp://b:7000", new() { Engine = net.Host("a") }, cancellationToken);

    private static Task Echo(Connection connection, CancellationToken ct) => connection.Input.CopyToAsync(connection.Output, ct);

    private static void Abort(Connection[] connections) => Array.ForEach(connections, connection => connection.Abort());

    private static int Lines(SimulatedNetwork net, string text) =>
        net.Trace.ToString().Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal));
}
