using System.Text.RegularExpressions;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing;

/// <summary>What a search over seeds runs, what it tells of a failure, and when it ends.</summary>
public class ExploreTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact(Timeout = Duo.Cap)]
    public async Task Every_seed_runs_once_from_the_first_one_on()
    {
        var seeds = new System.Collections.Concurrent.ConcurrentBag<ulong>();
        await Explore.Seeds(20, net =>
        {
            seeds.Add(net.Seed);
            return Task.CompletedTask;
        }, new() { First = 100 });
        Assert.Equal(Enumerable.Range(100, 20).Select(seed => (ulong)seed), seeds.Order());
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task The_first_of_several_failures_is_told()
    {
        var failed = await Assert.ThrowsAsync<SeedFailedException>(
            () => Explore.Seeds(50, net => throw new InvalidOperationException("always"), new() { Parallelism = 1 }));
        Assert.Equal(1UL, failed.Seed);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Only_the_last_lines_of_the_trace_are_shown()
    {
        var failed = await Assert.ThrowsAsync<SeedFailedException>(() => Explore.Seeds(1, net =>
        {
            for (var i = 0; i < 100; i++)
            {
                net.Trace.Note($"line {i}.");
            }
            throw new InvalidOperationException("enough");
        }, new() { TraceLines = 7 }));
        Assert.Equal(7, Regex.Count(failed.Message, "note: line"));
        Assert.Contains("line 99.", failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_connection_that_is_left_open_is_a_failure_unless_that_is_allowed()
    {
        var failed = await Assert.ThrowsAsync<SeedFailedException>(() => Explore.Seeds(1, Leave));
        Assert.IsType<LeakException>(failed.InnerException);
        Assert.Contains("#1 ", failed.InnerException.Message, StringComparison.Ordinal);
        await Explore.Seeds(1, Leave, new() { CheckLeaks = false });

        static async Task Leave(SimulatedNetwork net) => _ = await Duo.JoinAsync(net);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task An_abort_as_the_last_act_is_no_leak()
    {
        await Explore.Seeds(50, async net =>
        {
            var duo = await Duo.JoinAsync(net);
            var reading = Duo.Read(duo.Client, 1);
            await duo.DisposeAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => reading);
        });
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_standstill_is_told_and_does_not_hang()
    {
        var failed = await Assert.ThrowsAsync<SeedFailedException>(() => Explore.Seeds(1, async net =>
        {
            await using var duo = await Duo.JoinAsync(net, new() { KeepAliveTime = Timeout.InfiniteTimeSpan });
            await new TaskCompletionSource().Task;
        }));
        Assert.IsType<TimeoutException>(failed.InnerException);
        Assert.Contains("everything waits", failed.Message, StringComparison.Ordinal);
        Assert.Contains("connected", failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Who_waits_for_bytes_at_a_standstill_is_woken_and_its_own_words_are_shown()
    {
        var failed = await Assert.ThrowsAsync<SeedFailedException>(() => Explore.Seeds(1, async net =>
        {
            await using var duo = await Duo.JoinAsync(net);
            try
            {
                await Duo.Read(duo.Client, 1);
            }
            catch (ConnectionException)
            {
                throw new InvalidOperationException("the third reply is missing");
            }
        }));
        Assert.Contains("everything waits", failed.Message, StringComparison.Ordinal);
        Assert.Contains("the third reply is missing", failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task What_would_go_on_for_ever_ends_at_the_time_limit()
    {
        var failed = await Assert.ThrowsAsync<SeedFailedException>(() => Explore.Seeds(1, async net =>
        {
            net.TimeLimit = TimeSpan.FromMinutes(10);
            while (true)
            {
                await Task.Delay(Second, net.Time);
            }
        }));
        Assert.IsType<TimeoutException>(failed.InnerException);
        Assert.Contains("00:10:00", failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task An_escape_is_a_failure_and_does_not_hide_the_tests_own()
    {
        var escaped = await Assert.ThrowsAsync<SeedFailedException>(() => Explore.Seeds(1, async _ => await Task.Run(() => { })));
        Assert.IsType<EscapedException>(escaped.InnerException);
        var both = await Assert.ThrowsAsync<SeedFailedException>(() => Explore.Seeds(1, async _ =>
        {
            await Task.Run(() => { });
            throw new InvalidOperationException("the test's own");
        }));
        Assert.Contains("the test's own", both.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task What_a_script_throws_is_shown_though_the_test_waits_for_ever_because_of_it()
    {
        var failed = await Assert.ThrowsAsync<SeedFailedException>(() => Explore.Seeds(1, async net =>
        {
            await using var duo = await Duo.JoinAsync(net);
            duo.Wire.ToServer.AfterBytes(3, () => throw new InvalidOperationException("from the script"));
            await Duo.Pass(duo.Client, duo.Server, "hello");
        }));
        Assert.Contains("from the script", failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task What_makes_no_sense_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Explore.Seeds(0, _ => Task.CompletedTask));
        await Assert.ThrowsAsync<ArgumentNullException>(() => Explore.Seeds(1, null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExploreOptions { Parallelism = 0 });
    }

    /// <summary>Takes one receive for one reply, as if TCP kept messages apart.</summary>
    internal static async Task LosesAReply(SimulatedNetwork net)
    {
        net.Faults = FaultMix.None.With(FaultKind.Coalesce, 0.3);
        await using var duo = await Duo.JoinAsync(net);
        var sending = SendAsync();
        var buffer = new byte[100];
        if (await duo.Client.ReceiveAsync(buffer) != 3)
        {
            throw new InvalidOperationException("a reply was lost");
        }
        await sending;

        async Task SendAsync()
        {
            await Duo.Send(duo.Server, "one");
            await Task.Delay(Second / 50, net.Time);
            await Duo.Send(duo.Server, "two");
        }
    }
}
