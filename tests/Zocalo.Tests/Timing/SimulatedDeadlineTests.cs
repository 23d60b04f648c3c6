using Zocalo.Testing;

namespace Zocalo.Tests.Timing;

/// <summary>In a simulation limits of time take no time, and a test that waits for ever is still found.</summary>
public sealed class SimulatedDeadlineTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromHours(3);

    public static TheoryData<Deadline> Limits =>
        [Deadline.FirstByte, Deadline.Idle, Deadline.Silence, Deadline.Lifetime, Deadline.FirstMessage, Deadline.Heartbeat];

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task A_silent_client_is_cut_in_virtual_time(Deadline deadline)
    {
        await using var net = new SimulatedNetwork(seed: 1);
        var ended = new TaskCompletionSource<ConnectionEnd>();
        var words = Protocol.Of(Frames.Lines());
        var protocol = deadline == Deadline.Heartbeat ? words.WithHeartbeat("ping"u8.ToArray(), Limit / 2, misses: 1) : words;
        var messages = new MessagingOptions
        {
            FirstMessageTimeout = deadline == Deadline.FirstMessage ? Limit : Timeout.InfiniteTimeSpan,
        };
        var options = new ServerOptions
        {
            Engine = net.Host("server"),
            Messaging = messages,
            Deadlines = new()
            {
                FirstByte = deadline == Deadline.FirstByte ? Limit : Timeout.InfiniteTimeSpan,
                Idle = deadline == Deadline.Idle ? Limit : Timeout.InfiniteTimeSpan,
                Silence = deadline == Deadline.Silence ? Limit : null,
                Lifetime = deadline == Deadline.Lifetime ? Limit : null,
            },
        };
        await using var server = await SocketServer.StartAsync(
            "tcp://server:1",
            protocol,
            async (peer, ct) =>
            {
                _ = EndAsync(peer);
                await foreach (var message in peer.ReadAllAsync(ct))
                {
                    Assert.Fail($"{message.Length} bytes from a silent client");
                }
            },
            options);
        await using var client = await Connector.ConnectAsync("tcp://server:1", new() { Engine = net.Host("client") });
        var end = await ended.Task;
        Assert.Equal((EndReason.DeadlineExceeded, deadline), (end.Reason, end.Deadline));
        Assert.InRange(net.Time.Elapsed, Limit * 0.95, (Limit * 1.25) + TimeSpan.FromSeconds(1));

        async Task EndAsync(FramedConnection<Frame, Frame> peer) => ended.SetResult(await peer.Closed);
    }

    [Fact]
    public async Task The_limits_that_nobody_has_set_make_no_time_pass()
    {
        var net = new SimulatedNetwork(seed: 1);
        var server = await SocketServer.StartAsync("tcp://server:1", EchoAsync, new() { Engine = net.Host("server") });
        var client = await Connector.ConnectAsync("tcp://server:1", new() { Engine = net.Host("client") });
        await Record.ExceptionAsync(() => client.ReceiveAsync(new byte[1]).AsTask());       // for ever, but for the standstill
        var elapsed = net.Time.Elapsed;
        await server.DisposeAsync();
        await client.DisposeAsync();
        Assert.True(elapsed < TimeSpan.FromSeconds(1), $"{elapsed} passed");
        var error = await Assert.ThrowsAsync<TimeoutException>(() => net.DisposeAsync().AsTask());
        Assert.Contains("standstill", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_limits_that_nobody_has_set_count_when_time_passes()
    {
        await using var net = new SimulatedNetwork(seed: 1);
        await using var server = await SocketServer.StartAsync("tcp://server:1", EchoAsync, new() { Engine = net.Host("server") });
        await using var client = await Connector.ConnectAsync("tcp://server:1", new() { Engine = net.Host("client") });
        await Task.Delay(TimeSpan.FromMinutes(9.9), net.Time);
        Assert.Equal(1, server.ConnectionCount);
        await Task.Delay(TimeSpan.FromMinutes(0.3), net.Time);
        Assert.Equal(0, server.ConnectionCount);
        await Assert.ThrowsAsync<ConnectionException>(() => client.ReceiveAsync(new byte[1]).AsTask());
    }

    private static Task EchoAsync(Connection connection, CancellationToken ct) =>
        connection.Input.CopyToAsync(connection.Output, ct);
}
