using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Simulation;

/// <summary>Time that stands while anything can run and jumps when nothing can.</summary>
public class SimulatedTimeTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly List<string> _fired = [];

    [Fact(Timeout = Duo.Cap)]
    public async Task A_month_of_waiting_takes_no_time()
    {
        await using var net = new SimulatedNetwork(1) { TimeLimit = TimeSpan.FromDays(365) };
        await Task.Delay(TimeSpan.FromDays(31), net.Time);
        Assert.Equal(TimeSpan.FromDays(31), net.Time.Elapsed);
        Assert.Equal(SimulatedTime.Start.AddDays(31), net.Time.GetUtcNow());
        Assert.Equal(TimeSpan.FromDays(31), net.Time.GetElapsedTime(0));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Time_stands_while_anything_can_run()
    {
        await using var net = new SimulatedNetwork(1);
        await using var timer = Set(net, "late", TimeSpan.Zero);
        for (var i = 0; i < 1000; i++)
        {
            await Task.Yield();
            Assert.Equal(TimeSpan.Zero, net.Time.Elapsed);
        }
        Assert.Empty(_fired);
        await Task.Delay(TimeSpan.FromMilliseconds(1), net.Time);
        Assert.Equal(["late at 0"], _fired);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Timers_fire_in_order_of_time_and_in_one_instant_in_the_order_in_which_they_were_set()
    {
        for (var seed = 1UL; seed <= 20; seed++)
        {
            _fired.Clear();
            await InOrder(seed);
            Assert.Equal(["a at 1", "b at 2", "c at 2", "d at 2", "e at 3"], _fired);
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_periodic_timer_fires_again_and_again_without_drift_until_it_is_disposed()
    {
        await using var net = new SimulatedNetwork(1);
        var timer = net.Time.CreateTimer(_ => Note(net, "tick"), null, 1 * Second, 10 * Second);
        await Task.Delay(32 * Second, net.Time);
        await timer.DisposeAsync();
        await Task.Delay(100 * Second, net.Time);
        Assert.Equal(["tick at 1", "tick at 11", "tick at 21", "tick at 31"], _fired);
        Assert.False(timer.Change(Second, Second));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_timer_that_is_set_anew_forgets_its_earlier_time()
    {
        await using var net = new SimulatedNetwork(1);
        await using var later = Set(net, "later", 1 * Second);
        await using var never = Set(net, "never", 1 * Second);
        await using var twice = Set(net, "twice", 1 * Second);
        Assert.True(later.Change(3 * Second, Timeout.InfiniteTimeSpan));
        Assert.True(never.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        await Task.Delay(2 * Second, net.Time);
        Assert.True(twice.Change(2 * Second, Timeout.InfiniteTimeSpan));
        await Task.Delay(8 * Second, net.Time);
        Assert.Equal(["twice at 1", "later at 3", "twice at 4"], _fired);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_timer_of_the_same_instant_that_is_disposed_by_one_before_it_does_not_fire()
    {
        await using var net = new SimulatedNetwork(1);
        ITimer? second = null;
        await using var first = net.Time.CreateTimer(_ => second!.Dispose(), null, Second, Timeout.InfiniteTimeSpan);
        second = Set(net, "second", Second);
        await Task.Delay(5 * Second, net.Time);
        Assert.Empty(_fired);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_timer_never_fires_inside_the_call_that_sets_it()
    {
        await using var net = new SimulatedNetwork(1);
        await using var timer = Set(net, "now", TimeSpan.Zero);
        Assert.Empty(_fired);
        timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        Assert.Empty(_fired);
    }

    [Theory(Timeout = Duo.Cap)]
    [InlineData(-2)]
    [InlineData(4294967295)]
    public async Task Times_that_the_systems_timers_refuse_are_refused(long milliseconds)
    {
        await using var net = new SimulatedNetwork(1);
        var time = net.Time;
        Assert.Throws<ArgumentOutOfRangeException>(
            () => time.CreateTimer(_ => { }, null, TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => time.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, TimeSpan.FromMilliseconds(milliseconds)));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task The_frameworks_waits_go_by_it()
    {
        await using var net = new SimulatedNetwork(1);
        using var cancel = new CancellationTokenSource(7 * Second, net.Time);
        using var periodic = new PeriodicTimer(2 * Second, net.Time);
        var ticks = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await periodic.WaitForNextTickAsync(cancel.Token))
            {
                ticks++;
            }
        });
        Assert.Equal(3, ticks);
        Assert.Equal(7 * Second, net.Time.Elapsed);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Second, net.Time, cancel.Token));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_jump_of_the_wall_clock_moves_neither_timers_nor_timestamps_nor_other_clocks()
    {
        await using var net = new SimulatedNetwork(1);
        var host = (SimulatedTime)net.Host("a").Clock;
        var before = host.GetTimestamp();
        await using var timer = Set(net, "timer", 10 * Second);
        host.JumpClock(TimeSpan.FromDays(-400));
        Assert.Equal(SimulatedTime.Start.AddDays(-400), host.GetUtcNow());
        Assert.Equal(SimulatedTime.Start, net.Time.GetUtcNow());
        Assert.Equal(SimulatedTime.Start, net.Host("b").Clock.GetUtcNow());
        Assert.Equal(before, host.GetTimestamp());
        await Task.Delay(20 * Second, host);
        Assert.Equal(["timer at 10"], _fired);
        Assert.Equal(20 * Second, host.GetElapsedTime(before));
        host.JumpClock(TimeSpan.FromDays(401));
        Assert.Equal(SimulatedTime.Start.AddDays(1) + (20 * Second), host.GetUtcNow());
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Many_short_waits_add_up()
    {
        await using var net = new SimulatedNetwork(1);
        for (var i = 0; i < 3600; i++)
        {
            await Task.Delay(Second, net.Time);
        }
        Assert.Equal(TimeSpan.FromHours(1), net.Time.Elapsed);
    }

    private async Task InOrder(ulong seed)
    {
        await using var net = new SimulatedNetwork(seed);
        await using var b = Set(net, "b", 2 * Second);
        await using var e = Set(net, "e", 3 * Second);
        await using var c = Set(net, "c", 2 * Second);
        await using var a = Set(net, "a", 1 * Second);
        await Task.Delay(Second / 2, net.Time);
        await using var d = Set(net, "d", 1.5 * Second);
        await Task.Delay(10 * Second, net.Time);
    }

    private ITimer Set(SimulatedNetwork net, string name, TimeSpan due) =>
        net.Time.CreateTimer(_ => Note(net, name), null, due, Timeout.InfiniteTimeSpan);

    private void Note(SimulatedNetwork net, string name) => _fired.Add($"{name} at {(int)net.Time.Elapsed.TotalSeconds}");
}
