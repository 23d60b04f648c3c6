using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Network;

/// <summary>Links that go down and come up again: nothing is lost, nothing comes twice, and an operation that waits too long
/// fails.</summary>
public class PartitionTests
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact(Timeout = Duo.Cap)]
    public async Task What_was_under_way_is_sent_again_once()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        await Duo.Send(duo.Client, "under way, ");
        net.Partition(duo.A, duo.B);
        await Duo.Send(duo.Client, "and what follows");
        await duo.Client.CompleteOutputAsync();
        await Task.Delay(5 * Second, net.Time);
        Assert.DoesNotContain("server has", net.Trace.ToString(), StringComparison.Ordinal);
        net.Heal(duo.A, duo.B);
        Assert.Equal("under way, and what follows", await Duo.Read(duo.Server, 1000));
        Assert.Equal("answer", await Duo.Pass(duo.Server, duo.Client, "answer"));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_fin_that_was_under_way_is_sent_again()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        await duo.Client.CompleteOutputAsync();
        net.Partition(duo.A, duo.B);
        await Task.Delay(Second, net.Time);
        net.Heal(duo.A, duo.B);
        Assert.Equal("", await Duo.Read(duo.Server, 1));
        Assert.Equal("answer", await Duo.Pass(duo.Server, duo.Client, "answer"));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Whenever_it_goes_down_every_byte_comes_once_and_in_order()
    {
        await Explore.Seeds(50, async net =>
        {
            await using var duo = await Duo.JoinAsync(net);
            duo.Wire.ToServer.Split(40);
            var text = string.Concat(Enumerable.Range(0, 300).Select(i => $"{i:D4},"));
            var reading = Duo.Read(duo.Server, text.Length);
            var flapping = FlapAsync();
            for (var at = 0; at < text.Length; at += 100)
            {
                await Duo.Send(duo.Client, text.Substring(at, 100));
                await Task.Delay(Millisecond, net.Time);
            }
            Assert.Equal(text, await reading);
            await flapping;

            async Task FlapAsync()
            {
                for (var i = 0; i < 5; i++)
                {
                    await Task.Delay((1 + ((int)net.Seed % 7)) * Millisecond, net.Time);
                    net.Partition(duo.A, duo.B);
                    await Task.Delay((1 + ((int)net.Seed % 5)) * Millisecond, net.Time);
                    net.Heal(duo.A, duo.B);
                }
            }
        });
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task One_way_lets_the_other_way_pass()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        net.PartitionOneWay(duo.A, duo.B);
        await Duo.Send(duo.Client, "held up");
        Assert.Equal("passes", await Duo.Pass(duo.Server, duo.Client, "passes"));
        Assert.True(net.Link(duo.A, duo.B).IsDown);
        Assert.False(net.Link(duo.B, duo.A).IsDown);
        net.Heal(duo.A, duo.B);
        Assert.Equal("held up", await Duo.Read(duo.Server, 7));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Others_are_not_concerned()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        net.Partition(net.Host("c"), duo.B);
        Assert.Equal("passes", await Duo.Pass(duo.Client, duo.Server, "passes"));
    }

    [Theory(Timeout = Duo.Cap)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_sends_into_a_partition_gives_up_after_the_write_stall_timeout(bool acknowledgements)
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net, new() { WriteStallTimeout = 20 * Second });
        net.PartitionOneWay(acknowledgements ? duo.B : duo.A, acknowledgements ? duo.A : duo.B);
        var started = net.Time.Elapsed;
        await Duo.Send(duo.Client, "hello");
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(duo.Client, 1));
        Assert.Equal(EndReason.Unresponsive, (await duo.Client.Closed).Reason);
        Assert.InRange(net.Time.Elapsed - started, 20 * Second, 20.1 * Second);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_short_partition_is_none_of_a_programs_business()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net, new() { WriteStallTimeout = 20 * Second });
        for (var i = 0; i < 10; i++)
        {
            net.Partition(duo.A, duo.B);
            await Duo.Send(duo.Client, "hello");
            await Task.Delay(15 * Second, net.Time);
            net.Heal(duo.A, duo.B);
            Assert.Equal("hello", await Duo.Read(duo.Server, 5));
            await Task.Delay(3 * Second, net.Time);
        }
        Assert.False(duo.Client.Closed.IsCompleted);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_reset_that_is_lost_is_fetched_by_the_next_bytes()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        duo.Client.Abort();
        net.Partition(duo.A, duo.B);
        await Task.Delay(Second, net.Time);
        net.Heal(duo.A, duo.B);
        await Duo.Send(duo.Server, "anybody there?");
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(duo.Server, 1));
        Assert.Equal(EndReason.Reset, (await duo.Server.Closed).Reason);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_connect_into_a_partition_asks_again_until_it_heals_or_its_time_is_up()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = LinkOptions.Instant };
        var (a, b) = (net.Host("a"), net.Host("b"));
        await using var listener = await Listener.ListenAsync("tcp://b:7000", new() { Engine = b });
        net.Partition(a, b);
        await Assert.ThrowsAsync<TimeoutException>(
            () => Connector.ConnectAsync("tcp://b:7000", new() { Engine = a, Timeout = 10 * Second }));
        Assert.Equal(10 * Second, net.Time.Elapsed);

        var connecting = Connector.ConnectAsync("tcp://b:7000", new() { Engine = a });
        await Task.Delay(5 * Second, net.Time);
        net.Heal(a, b);
        var client = await connecting;
        Assert.Equal(17 * Second, net.Time.Elapsed);        // SYNs after 1, 3 and 7 seconds
        client.Abort();
        (await listener.AcceptAsync()).Abort();
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_connect_that_nobody_answers_ends_by_itself_after_two_minutes()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = LinkOptions.Instant };
        await using var listener = await Listener.ListenAsync("tcp://b:7000", new() { Engine = net.Host("b") });
        net.Partition(net.Host("a"), net.Host("b"));
        var refused = await Assert.ThrowsAsync<NetworkException>(
            () => Connector.ConnectAsync("tcp://b:7000", new() { Engine = net.Host("a"), Timeout = Timeout.InfiniteTimeSpan }));
        Assert.Equal(System.Net.Sockets.SocketError.TimedOut, refused.SocketError);
        Assert.Equal(127 * Second, net.Time.Elapsed);       // 1 + 2 + 4 ... + 64: tcp(7), tcp_syn_retries
    }
}
