using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Simulation;

/// <summary>One step after the other, on one thread, in an order that the seed decides.</summary>
public class SimulationSchedulerTests
{
    [Fact(Timeout = Duo.Cap)]
    public async Task The_same_seed_gives_the_same_order()
    {
        for (var seed = 1UL; seed <= 10; seed++)
        {
            Assert.Equal(await OrderOf(seed), await OrderOf(seed));
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Other_seeds_give_other_orders()
    {
        var orders = new HashSet<string>();
        for (var seed = 1UL; seed <= 20; seed++)
        {
            orders.Add(await OrderOf(seed));
        }
        Assert.InRange(orders.Count, 15, 20);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Everything_runs_on_one_thread()
    {
        await using var net = new SimulatedNetwork(1);
        await Task.Yield();
        var threads = new HashSet<int>();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(i % 3), net.Time);
            threads.Add(Environment.CurrentManagedThreadId);
            await Task.Yield();
            threads.Add(Environment.CurrentManagedThreadId);
        }));
        Assert.Equal([Environment.CurrentManagedThreadId], threads);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Nothing_runs_inside_the_call_that_made_it_ready()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        var heard = "";
        var hearing = HearAsync();
        net.Link(duo.A, duo.B).Options = LinkOptions.Instant;
        net.Link(duo.B, duo.A).Options = LinkOptions.Instant;
        await Duo.Send(duo.Client, "hello");
        var atOnce = heard;
        await hearing;
        Assert.Equal("", atOnce);
        Assert.Equal("hello", heard);

        async Task HearAsync() => heard = await Duo.Read(duo.Server, 5);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Nobody_who_is_ready_waits_for_long()
    {
        await using var net = new SimulatedNetwork(1);
        var turns = 0;
        var done = false;
        var busy = Enumerable.Range(0, 50).Select(_ => BusyAsync()).ToArray();
        for (var i = 0; i < 20; i++)
        {
            var before = turns;
            await Task.Yield();
            Assert.InRange(turns - before, 0, 1000);
        }
        done = true;
        await Task.WhenAll(busy);

        async Task BusyAsync()
        {
            while (!done)
            {
                turns++;
                await Task.Yield();
            }
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task What_throws_where_nobody_awaits_it_comes_out_at_the_end()
    {
        var thrown = await Assert.ThrowsAsync<AggregateException>(ThrowInATimer);
        Assert.Equal("in the timer", thrown.InnerException!.Message);

        static async Task ThrowInATimer()
        {
            await using var net = new SimulatedNetwork(1);
            net.Time.CreateTimer(_ => throw new InvalidOperationException("in the timer"), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            await Task.Delay(TimeSpan.FromMilliseconds(1), net.Time);
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Two_simulations_at_the_same_time_do_not_meet()
    {
        var alone = await OrderOf(5);
        var together = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => OrderOf(5))));
        Assert.All(together, order => Assert.Equal(alone, order));
    }

    private static async Task<string> OrderOf(ulong seed)
    {
        await using var net = new SimulatedNetwork(seed);
        var order = new List<int>();
        await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
        {
            for (var turn = 0; turn < 3; turn++)
            {
                await Task.Yield();
                order.Add(i);
            }
        }));
        return string.Join(' ', order);
    }
}
