using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Network;

/// <summary>How long bytes travel, and what a link does to them.</summary>
public class LinkTests
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact(Timeout = Duo.Cap)]
    public async Task A_connection_takes_a_round_trip_and_bytes_take_the_latency()
    {
        await using var net = new SimulatedNetwork(1);
        net.Link(net.Host("a"), net.Host("b")).Options = new() { Latency = 30 * Millisecond };
        net.Link(net.Host("b"), net.Host("a")).Options = new() { Latency = 70 * Millisecond };
        var connected = TimeSpan.Zero;
        net.Connected += _ => connected = net.Time.Elapsed;
        await using var duo = await Duo.JoinAsync(net);
        Assert.Equal(100 * Millisecond, connected);
        Assert.Equal(130 * Millisecond, net.Time.Elapsed);      // the ACK has come
        await Duo.Pass(duo.Client, duo.Server, "there");
        Assert.Equal(160 * Millisecond, net.Time.Elapsed);
        await Duo.Pass(duo.Server, duo.Client, "back");
        Assert.Equal(230 * Millisecond, net.Time.Elapsed);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Within_a_host_no_time_passes()
    {
        await using var net = new SimulatedNetwork(1);
        var engine = net.Host("alone");
        await using var listener = await Listener.ListenAsync("127.0.0.1:7000", new() { Engine = engine });
        var client = await Connector.ConnectAsync("127.0.0.1:7000", new() { Engine = engine });
        var server = await listener.AcceptAsync();
        Assert.Equal("hello", await Duo.Pass(client, server, "hello"));
        Assert.Equal(TimeSpan.Zero, net.Time.Elapsed);
        client.Abort();
        server.Abort();
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Jitter_stays_within_its_bounds_and_bytes_in_order()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = new() { Latency = 10 * Millisecond, Jitter = 20 * Millisecond } };
        await using var duo = await Duo.JoinAsync(net);
        var travelled = new HashSet<TimeSpan>();
        for (var i = 0; i < 50; i++)
        {
            var sent = net.Time.Elapsed;
            await Duo.Pass(duo.Client, duo.Server, "x");
            travelled.Add(net.Time.Elapsed - sent);
        }
        Assert.All(travelled, time => Assert.InRange(time, 10 * Millisecond, 30 * Millisecond));
        Assert.True(travelled.Count > 20, "there was no jitter");
        Assert.True(travelled.Max() - travelled.Min() > 10 * Millisecond, "there was hardly any jitter");

        for (var i = 0; i < 50; i++)
        {
            await Duo.Send(duo.Client, $"{i:D2}");
            await Task.Delay(Millisecond, net.Time);
        }
        Assert.Equal(string.Concat(Enumerable.Range(0, 50).Select(i => $"{i:D2}")), await Duo.Read(duo.Server, 100));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Bandwidth_holds_to_the_second()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = new() { BytesPerSecond = 100_000 } };
        await using var duo = await Duo.JoinAsync(net);
        var started = net.Time.Elapsed;
        var sending = duo.Client.SendAsync(new byte[1_000_000]);
        await Duo.Read(duo.Server, 1_000_000);
        await sending;
        Assert.InRange(net.Time.Elapsed - started, 9.9 * Second, 10.5 * Second);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_slow_link_is_slow_and_not_dead()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = new() { BytesPerSecond = 500 } };
        await using var duo = await Duo.JoinAsync(net);
        await duo.Client.SendAsync(new byte[60_000]);
        Assert.Equal("\0", await Duo.Read(duo.Server, 1));
        Assert.InRange(net.Time.Elapsed, TimeSpan.Zero, 10 * Second);
        await Duo.Read(duo.Server, 59_999);
        Assert.InRange(net.Time.Elapsed, 119 * Second, 125 * Second);
        Assert.Equal("still there", await Duo.Pass(duo.Client, duo.Server, "still there"));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task An_acknowledgement_that_takes_no_time_counts_at_time_zero_too()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = LinkOptions.Instant };
        net.Link(net.Host("b"), net.Host("a")).Options = new() { BytesPerSecond = 1000 };
        await using var duo = await Duo.JoinAsync(net);
        await Duo.Pass(duo.Client, duo.Server, "hello");
        Assert.Equal(TimeSpan.Zero, net.Time.Elapsed);
        await Task.Delay(100 * Second, net.Time);       // longer than the write stall timeout
        Assert.Equal("still there", await Duo.Pass(duo.Client, duo.Server, "still there"));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Connections_share_a_links_bandwidth_and_the_way_back_has_its_own()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = new() { BytesPerSecond = 100_000, Latency = Millisecond } };
        await using var one = await Duo.JoinAsync(net);
        await using var other = await Duo.JoinAsync(net);
        var started = net.Time.Elapsed;
        await Task.WhenAll(Move(one.Client, one.Server), Move(other.Client, other.Server), Move(one.Server, one.Client));
        Assert.InRange(net.Time.Elapsed - started, 9.9 * Second, 11 * Second);

        static async Task Move(Connection from, Connection to)
        {
            var sending = from.SendAsync(new byte[500_000]);
            await Duo.Read(to, 500_000);
            await sending;
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task What_finds_the_links_queue_full_is_sent_again_later()
    {
        Assert.InRange(await TimeOfTwo(queue: 200_000), 3 * Second, 3.1 * Second);
        Assert.InRange(await TimeOfTwo(queue: 1), 3.15 * Second, 4 * Second);

        static async Task<TimeSpan> TimeOfTwo(int queue)
        {
            await using var net = new SimulatedNetwork(1) { DefaultLink = new() { BytesPerSecond = 10_000, Queue = queue } };
            await using var one = await Duo.JoinAsync(net);
            await using var other = await Duo.JoinAsync(net);
            var started = net.Time.Elapsed;
            await one.Client.SendAsync(new byte[15_000]);
            await other.Client.SendAsync(new byte[15_000]);
            await Duo.Read(other.Server, 15_000);
            return net.Time.Elapsed - started;
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_loss_is_a_pause_of_200_ms_and_of_twice_as_much_each_time_again()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = LinkOptions.Instant };
        await using var duo = await Duo.JoinAsync(net);
        net.Link(duo.A, duo.B).Options = new() { Latency = Millisecond, Loss = 0.5 };
        var pauses = new List<int>();
        for (var i = 0; i < 100; i++)
        {
            var sent = net.Time.Elapsed;
            await Duo.Pass(duo.Client, duo.Server, "x");
            pauses.Add((int)(net.Time.Elapsed - sent - Millisecond).TotalMilliseconds);
        }
        Assert.Subset(new HashSet<int> { 0, 200, 600, 1400, 3000, 6200, 12_600, 25_400, 51_000 }, pauses.ToHashSet());
        Assert.InRange(pauses.Count(pause => pause == 0), 35, 65);
        Assert.InRange(pauses.Count(pause => pause == 200), 12, 40);
        Assert.Contains(600, pauses);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Its_options_may_change_at_any_time()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = LinkOptions.Instant };
        await using var duo = await Duo.JoinAsync(net);
        await Duo.Pass(duo.Client, duo.Server, "fast");
        Assert.Equal(TimeSpan.Zero, net.Time.Elapsed);
        net.Link(duo.A, duo.B).Options = new() { Latency = Second };
        await Duo.Pass(duo.Client, duo.Server, "slow");
        Assert.Equal(Second, net.Time.Elapsed);
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinkOptions { Latency = -Millisecond });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinkOptions { Jitter = -Millisecond });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinkOptions { BytesPerSecond = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinkOptions { Queue = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinkOptions { Loss = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinkOptions { Loss = double.NaN });
    }
}
