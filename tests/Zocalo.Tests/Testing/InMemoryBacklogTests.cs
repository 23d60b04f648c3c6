using System.Net.Sockets;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing;

/// <summary>Connections between the client's connect and the server's accept.</summary>
public class InMemoryBacklogTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly InMemoryEngine _engine = new();

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

    private Task<Listener> Listen(string address, int backlog = 512) =>
        Listener.ListenAsync(address, new ListenOptions { Engine = _engine, Backlog = backlog });

    private Task<Connection> Connect(Address address, CancellationToken cancellationToken = default) =>
        Connector.ConnectAsync(address, new ConnectOptions { Engine = _engine }, cancellationToken);

    private static async Task<int> Read(Connection connection) => await connection.ReceiveAsync(new byte[1]).AsTask().WaitAsync(Cap);
}
