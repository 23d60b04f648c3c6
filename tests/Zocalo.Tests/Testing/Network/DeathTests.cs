using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Network;

/// <summary>Peers that are gone: silently, by a crash, or because a machine has lost its state. The other side notices it in bounded
/// time.</summary>
public class DeathTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly ConnectionOptions Quick =
        new() { KeepAliveTime = 10 * Second, WriteStallTimeout = 20 * Second, CloseTimeout = 5 * Second };

    [Fact(Timeout = Duo.Cap)]
    public async Task Keep_alive_finds_a_silent_death()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net, Quick);
        var died = net.Time.Elapsed;
        duo.Wire.Die();
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(duo.Client, 1));
        Assert.Equal(EndReason.Unresponsive, (await duo.Client.Closed).Reason);
        Assert.InRange(net.Time.Elapsed - died, 40 * Second, 40.1 * Second);
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(duo.Server, 1));
        Assert.Equal(EndReason.Unresponsive, (await duo.Server.Closed).Reason);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Keep_alive_counts_from_the_last_sign_of_life()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net, Quick);
        var reading = Duo.Read(duo.Client, 1);
        for (var i = 0; i < 20; i++)
        {
            net.Partition(duo.A, duo.B);
            await Task.Delay(9 * Second, net.Time);
            net.Heal(duo.A, duo.B);
            await Task.Delay(11 * Second, net.Time);        // time for a probe, which is answered
        }
        Assert.False(reading.IsCompleted);
        await Duo.Send(duo.Server, "x");
        Assert.Equal("x", await reading);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Without_keep_alive_and_without_sending_nobody_finds_out()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net, new() { KeepAliveTime = Timeout.InfiniteTimeSpan });
        duo.Wire.Die();
        var reading = Duo.Read(duo.Client, 1);
        await Task.Delay(TimeSpan.FromHours(20), net.Time);
        Assert.False(reading.IsCompleted);
        duo.Client.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => reading);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_peer_that_never_reads_ends_the_sender_after_the_write_stall_timeout()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net, Quick);
        var started = net.Time.Elapsed;
        await Assert.ThrowsAsync<ConnectionException>(() => duo.Client.SendAsync(new byte[1_000_000]).AsTask());
        Assert.Equal(EndReason.Unresponsive, (await duo.Client.Closed).Reason);
        Assert.InRange(net.Time.Elapsed - started, 20 * Second, 20.1 * Second);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_slow_reader_is_no_dead_one()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net, Quick);
        var sending = duo.Client.SendAsync(new byte[500_000]).AsTask();
        for (var read = 0; read < 500_000; read += 10_000)
        {
            await Task.Delay(Second, net.Time);     // the window opens every six seconds or so
            await Duo.Read(duo.Server, 10_000);
        }
        await sending;
        Assert.False(duo.Client.Closed.IsCompleted);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_large_reply_to_a_slow_reader_outlasts_the_close_timeout()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net, Quick with { SendHighWaterMark = 1_000_000 });
        await duo.Server.SendAsync(new byte[500_000]);
        var closing = duo.Server.CloseAsync();
        for (var read = 0; read < 500_000; read += 25_000)
        {
            await Task.Delay(Second, net.Time);
            Assert.Equal(25_000, (await Duo.Read(duo.Client, 25_000)).Length);
        }
        await duo.Client.CloseAsync();
        Assert.Equal(EndReason.Completed, (await closing).Reason);
        Assert.True(net.Time.Elapsed > 15 * Second);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task After_a_crash_and_a_restart_the_peer_gets_a_reset_when_it_sends()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net, Quick);
        duo.B.Crash();
        await Task.Delay(Second, net.Time);
        Assert.True(duo.B.IsCrashed);
        Assert.False(duo.Client.Closed.IsCompleted);
        duo.B.Restart();
        var started = net.Time.Elapsed;
        await Duo.Send(duo.Client, "hello");
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(duo.Client, 1));
        Assert.Equal(EndReason.Reset, (await duo.Client.Closed).Reason);
        Assert.InRange(net.Time.Elapsed - started, TimeSpan.Zero, Second);
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(duo.Server, 1));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_crashed_host_answers_nobody()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net, Quick);
        duo.B.Crash();
        await Duo.Send(duo.Client, "hello");
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(duo.Client, 1));
        Assert.Equal(EndReason.Unresponsive, (await duo.Client.Closed).Reason);
        await Assert.ThrowsAsync<TimeoutException>(
            () => Connector.ConnectAsync("tcp://b:7000", new() { Engine = duo.A, Timeout = 5 * Second }));
        await Assert.ThrowsAsync<NetworkException>(() => Listener.ListenAsync("tcp://b:7001", new() { Engine = duo.B }));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_restarted_host_serves_again()
    {
        await using var net = new SimulatedNetwork(1);
        var b = net.Host("b");
        var old = await Listener.ListenAsync("tcp://b:7000", new() { Engine = b });
        var accepting = old.AcceptAsync();
        var again = new TaskCompletionSource<Listener>();
        b.Restarted += async () => again.SetResult(await Listener.ListenAsync("tcp://b:7000", new() { Engine = b }));
        b.Crash();
        b.Restart();
        await using var listener = await again.Task;
        var client = await Connector.ConnectAsync("tcp://b:7000", new() { Engine = net.Host("a") });
        var server = await listener.AcceptAsync();
        Assert.Equal("hello", await Duo.Pass(client, server, "hello"));
        Assert.False(accepting.IsCompleted, "a listener of before the crash has accepted");
        await old.DisposeAsync();
        client.Abort();
        server.Abort();
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_host_that_crashes_while_it_connects_has_no_connection()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = new() { Latency = Second } };
        await using var listener = await Listener.ListenAsync("tcp://b:7000", new() { Engine = net.Host("b") });
        var connecting = Connector.ConnectAsync("tcp://b:7000", new() { Engine = net.Host("a") });
        await Task.Delay(Second / 2, net.Time);
        net.Host("a").Crash();
        await Assert.ThrowsAsync<NetworkException>(() => connecting);
    }

    [Theory(Timeout = Duo.Cap)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_half_open_connection_is_found_by_the_reset_that_bytes_fetch(bool clientForgets)
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net, Quick);
        var (forgetful, other) = clientForgets ? (duo.Client, duo.Server) : (duo.Server, duo.Client);
        (clientForgets ? (Action)duo.Wire.ForgetClient : duo.Wire.ForgetServer)();
        await Task.Delay(Second, net.Time);
        Assert.False(other.Closed.IsCompleted);
        await Duo.Send(other, "hello");
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(other, 1));
        Assert.Equal(EndReason.Reset, (await other.Closed).Reason);
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(forgetful, 1));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_half_open_connection_is_found_by_keep_alive_too()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net, Quick);
        duo.Wire.ForgetServer();
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(duo.Client, 1));
        Assert.Equal(EndReason.Reset, (await duo.Client.Closed).Reason);
        Assert.InRange(net.Time.Elapsed, 10 * Second, 41 * Second);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Who_closes_and_whose_fin_is_lost_is_cut_by_the_close_timeout()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net, Quick);
        duo.Wire.ToServer.LoseFin();
        var reading = Duo.Read(duo.Server, 1);
        var started = net.Time.Elapsed;
        var end = await duo.Client.CloseAsync();
        Assert.Equal((EndReason.DeadlineExceeded, Deadline.Close), (end.Reason, end.Deadline));
        Assert.InRange(net.Time.Elapsed - started, 5 * Second, 5.1 * Second);
        await Assert.ThrowsAsync<ConnectionException>(() => reading);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_reset_by_the_network_tells_both()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        var reading = Duo.Read(duo.Client, 1);
        duo.Wire.Reset();
        await Assert.ThrowsAsync<ConnectionException>(() => reading);
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(duo.Server, 1));
        Assert.Equal(EndReason.Reset, (await duo.Client.Closed).Reason);
        Assert.Equal(EndReason.Reset, (await duo.Server.Closed).Reason);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task What_was_received_before_a_reset_is_read_first_and_nothing_else()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = new() { Latency = TimeSpan.FromMilliseconds(10) } };
        await using var duo = await Duo.JoinAsync(net);
        await Duo.Send(duo.Client, "received");
        await Task.Delay(TimeSpan.FromMilliseconds(15), net.Time);
        await Duo.Send(duo.Client, "UNDER WAY");
        duo.Wire.Reset();
        await Task.Delay(TimeSpan.FromMilliseconds(50), net.Time);
        Assert.Equal("received", await Duo.Read(duo.Server, 8));
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(duo.Server, 1));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_send_that_finds_no_buffer_breaks_the_connection()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.FailNextSend(ofClient: false);
        Assert.Equal("this way", await Duo.Pass(duo.Client, duo.Server, "this way"));
        var failed = await Assert.ThrowsAsync<ConnectionException>(() => duo.Server.SendAsync("that way"u8.ToArray()).AsTask());
        Assert.Equal(System.Net.Sockets.SocketError.NoBufferSpaceAvailable, failed.SocketError);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_close_with_unread_bytes_is_a_reset_for_the_peer()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        await Duo.Send(duo.Client, "unread");
        await Task.Delay(Second, net.Time);
        duo.Server.Abort();
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(duo.Client, 1));
        Assert.Equal(EndReason.Reset, (await duo.Client.Closed).Reason);
    }
}
