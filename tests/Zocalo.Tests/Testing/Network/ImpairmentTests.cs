using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Network;

/// <summary>Bytes that are cut, glued, held up and handed out slowly are the same bytes in the end.</summary>
public class ImpairmentTests
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly string Text = string.Concat(Enumerable.Range(0, 400).Select(i => $"{i:D4},"));

    [Fact(Timeout = Duo.Cap)]
    public async Task Short_reads_give_less_than_has_arrived()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.ShortReads();
        var (text, pieces) = await Move(duo, net);
        Assert.Equal(Text, text);
        Assert.Equal(1, Count(net, "server has "));
        Assert.True(pieces > 3, "the reads were not short");
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Split_bytes_arrive_in_pieces_of_no_more_than_the_given_size()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.Split(10);
        Assert.Equal(Text, (await Move(duo, net)).Text);
        var sizes = Sizes(net);
        Assert.Equal(Enumerable.Range(1, 10), sizes.Distinct().Order());
        Assert.Equal(Text.Length, sizes.Sum());
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Dribbled_bytes_arrive_one_by_one_and_the_rest_as_before()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.Dribble(20);
        Assert.Equal(Text, (await Move(duo, net)).Text);
        Assert.Equal([.. Enumerable.Repeat(1, 20), Text.Length - 20], Sizes(net));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task What_is_sent_within_the_time_is_glued_together()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = LinkOptions.Instant };
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.Coalesce(100 * Millisecond);
        for (var i = 0; i < 10; i++)
        {
            await Duo.Send(duo.Client, "piece");
            await Task.Delay(20 * Millisecond, net.Time);
        }
        Assert.Equal(string.Concat(Enumerable.Repeat("piece", 10)), await Duo.Read(duo.Server, 50));
        Assert.InRange(Sizes(net).Length, 2, 3);
        Assert.All(Sizes(net)[..^1], size => Assert.InRange(size, 25, 30));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task What_is_glued_and_then_cut_waits_once()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = LinkOptions.Instant };
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.Coalesce(100 * Millisecond);
        duo.Wire.ToServer.Split(2);
        await Duo.Pass(duo.Client, duo.Server, "0123456789abcdefghij");
        Assert.Equal(100 * Millisecond, net.Time.Elapsed);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Delays_are_within_their_bound_and_nothing_overtakes()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = LinkOptions.Instant };
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.Delay(Second);
        duo.Wire.ToServer.Split(5);
        var times = new List<TimeSpan>();
        for (var i = 0; i < 20; i++)
        {
            var started = net.Time.Elapsed;
            Assert.Equal("hello", await Duo.Pass(duo.Client, duo.Server, "hello"));
            times.Add(net.Time.Elapsed - started);
        }
        Assert.All(times, time => Assert.InRange(time, TimeSpan.Zero, Second));
        Assert.True(times.Max() > Second / 2, "hardly any delay");
        Assert.Equal(Text, (await Move(duo, net)).Text);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_stall_holds_everything_even_a_fin_and_then_lets_it_go()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = LinkOptions.Instant };
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.Stall(7 * Second);
        await duo.Client.CompleteOutputAsync();
        Assert.Equal("back", await Duo.Pass(duo.Server, duo.Client, "back"));
        Assert.Equal(TimeSpan.Zero, net.Time.Elapsed);
        Assert.Equal("", await Duo.Read(duo.Server, 1));
        Assert.Equal(7 * Second, net.Time.Elapsed);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_stall_within_a_stall_does_not_shorten_it()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = LinkOptions.Instant };
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.Stall(7 * Second);
        duo.Wire.ToServer.Stall(1 * Second);
        await Duo.Pass(duo.Client, duo.Server, "hello");
        Assert.Equal(7 * Second, net.Time.Elapsed);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_shut_window_holds_bytes_but_no_fin()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = LinkOptions.Instant };
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.CloseWindow(7 * Second);
        duo.Wire.ToClient.CloseWindow(7 * Second);
        await Duo.Send(duo.Client, "hello");
        await duo.Server.CompleteOutputAsync();
        Assert.Equal("", await Duo.Read(duo.Client, 1));
        Assert.Equal(TimeSpan.Zero, net.Time.Elapsed);
        Assert.Equal("hello", await Duo.Read(duo.Server, 5));
        Assert.Equal(7 * Second, net.Time.Elapsed);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_window_that_is_never_opened_ends_the_sender()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net, new() { WriteStallTimeout = 20 * Second });
        duo.Wire.ToServer.CloseWindow(Timeout.InfiniteTimeSpan);
        await Duo.Send(duo.Client, "hello");
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(duo.Client, 1));
        Assert.Equal(EndReason.Unresponsive, (await duo.Client.Closed).Reason);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_slow_reader_is_given_so_many_bytes_a_second()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = LinkOptions.Instant };
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.SlowReader(200);
        Assert.Equal(Text, (await Move(duo, net)).Text);        // 2000 B
        Assert.InRange(net.Time.Elapsed, 9.9 * Second, 10.1 * Second);
    }

    [Theory(Timeout = Duo.Cap)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1000)]
    public async Task The_smallest_window_carries_everything(int window)
    {
        await using var net = new SimulatedNetwork(1) { Window = window };
        await using var duo = await Duo.JoinAsync(net);
        Assert.Equal(Text, (await Move(duo, net)).Text);
        Assert.All(Sizes(net), size => Assert.InRange(size, 1, window));
    }

    [Fact(Timeout = 2 * Duo.Cap)]
    public Task All_of_it_together_and_both_ways_loses_nothing() => Explore.Seeds(30, async net =>
    {
        net.Window = 1000;
        await using var duo = await Duo.JoinAsync(net);
        foreach (var direction in new[] { duo.Wire.ToServer, duo.Wire.ToClient })
        {
            direction.ShortReads();
            direction.Split(50);
            direction.Dribble(30);
            direction.Coalesce(3 * Millisecond);
            direction.Delay(10 * Millisecond);
            direction.Stall(100 * Millisecond);
            direction.CloseWindow(200 * Millisecond);
            direction.SlowReader(10_000);
        }
        var sending = Task.WhenAll(SendAll(duo.Client), SendAll(duo.Server));
        var texts = await Task.WhenAll(Duo.Read(duo.Server, Text.Length + 1), Duo.Read(duo.Client, Text.Length + 1));
        await sending;
        Assert.Equal([Text, Text], texts);

        static async Task SendAll(Connection connection)
        {
            await Duo.Send(connection, Text);
            await connection.CompleteOutputAsync();
        }
    });

    private static async Task<(string Text, int Pieces)> Move(Duo duo, SimulatedNetwork net)
    {
        await Duo.Send(duo.Client, Text);
        var text = await Duo.Read(duo.Server, Text.Length);
        return (text, Count(net, "server receives "));
    }

    private static int Count(SimulatedNetwork net, string what) =>
        net.Trace.ToString().Split('\n').Count(line => line.Contains(what, StringComparison.Ordinal));

    /// <summary>Of all that has arrived at the server.</summary>
    private static int[] Sizes(SimulatedNetwork net) =>
    [
        .. net.Trace.ToString().Split('\n')
            .Where(line => line.Contains("server has ", StringComparison.Ordinal) && line.EndsWith("B more", StringComparison.Ordinal))
            .Select(line => int.Parse(line.Split(' ')[^3], null)),
    ];
}
