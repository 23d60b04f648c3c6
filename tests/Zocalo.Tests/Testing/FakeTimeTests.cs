using Zocalo.Testing;

namespace Zocalo.Tests.Testing;

public class FakeTimeTests
{
    private static readonly DateTimeOffset Start = new(2024, 2, 28, 23, 59, 0, TimeSpan.Zero);

    private readonly FakeTime _time = new(Start);
    private readonly List<string> _fired = [];

    [Fact]
    public void The_clock_stands_still_until_it_is_advanced()
    {
        Assert.Equal(Start, _time.GetUtcNow());
        Assert.Equal(Start, _time.GetUtcNow());
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(Start.AddMinutes(2), _time.GetUtcNow());
        Assert.Equal(Start.AddMinutes(2), _time.GetLocalNow());
    }

    [Fact]
    public void It_advances_to_an_instant_in_any_time_zone()
    {
        _time.AdvanceTo(new DateTimeOffset(2024, 2, 29, 3, 0, 0, TimeSpan.FromHours(2)));
        Assert.Equal(new DateTimeOffset(2024, 2, 29, 1, 0, 0, TimeSpan.Zero), _time.GetUtcNow());
    }

    [Fact]
    public void It_never_goes_back()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _time.Advance(TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _time.AdvanceTo(Start.AddTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _time.Advance(TimeSpan.MaxValue));
        Assert.Equal(Start, _time.GetUtcNow());
    }

    [Fact]
    public void Timestamps_and_the_clock_agree()
    {
        var before = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromTicks(12_345_678));
        Assert.Equal(TimeSpan.FromTicks(12_345_678), _time.GetElapsedTime(before));
    }

    [Fact]
    public void Timers_fire_in_the_order_in_which_they_are_due_each_at_its_own_time()
    {
        Set("c", 30);
        Set("a", 10);
        Set("b", 20);
        _time.Advance(Seconds(25));
        Assert.Equal(["a at 10", "b at 20"], _fired);
        Assert.Equal(Start + Seconds(25), _time.GetUtcNow());
        _time.Advance(Seconds(5));
        Assert.Equal(["a at 10", "b at 20", "c at 30"], _fired);
    }

    [Fact]
    public void Timers_due_at_the_same_time_fire_in_the_order_in_which_they_were_set()
    {
        var first = Set("a", 10);
        Set("b", 10);
        Set("c", 10);
        first.Change(Seconds(10), Timeout.InfiniteTimeSpan);
        _time.Advance(Seconds(10));
        Assert.Equal(["b at 10", "c at 10", "a at 10"], _fired);
    }

    [Fact]
    public void A_timer_fires_on_the_thread_that_advances()
    {
        var thread = 0;
        using var timer = _time.CreateTimer(_ => thread = Environment.CurrentManagedThreadId, null, Seconds(1), Timeout.InfiniteTimeSpan);
        _time.Advance(Seconds(1));
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
    }

    [Fact]
    public void A_periodic_timer_fires_once_for_each_period_that_passes()
    {
        Set("a", 1, 10);
        Set("b", 16);
        _time.Advance(Seconds(31));
        Assert.Equal(["a at 1", "a at 11", "b at 16", "a at 21", "a at 31"], _fired);
        Assert.Equal(1, _time.PendingTimers);
    }

    [Fact]
    public void A_period_of_zero_is_no_period()
    {
        Set("a", 1, 0);
        _time.Advance(Seconds(9));
        Assert.Equal(["a at 1"], _fired);
        Assert.Equal(0, _time.PendingTimers);
    }

    [Fact]
    public void A_timer_that_is_due_at_once_waits_for_the_next_advance_even_by_zero()
    {
        Set("a", 0);
        Assert.Empty(_fired);
        _time.Advance(TimeSpan.Zero);
        Assert.Equal(["a at 0"], _fired);
    }

    [Fact]
    public void An_infinite_timer_waits_until_it_is_changed()
    {
        using var timer = _time.CreateTimer(_ => Record("a"), null, Timeout.InfiniteTimeSpan, Seconds(1));
        Assert.Equal(0, _time.PendingTimers);
        _time.Advance(Seconds(5));
        Assert.Empty(_fired);
        Assert.True(timer.Change(Seconds(2), Timeout.InfiniteTimeSpan));
        Assert.Equal(1, _time.PendingTimers);
        _time.Advance(Seconds(5));
        Assert.Equal(["a at 7"], _fired);
    }

    [Fact]
    public void Change_counts_from_now_and_can_stop_a_timer()
    {
        var timer = Set("a", 10, 10);
        _time.Advance(Seconds(5));
        timer.Change(Seconds(10), Seconds(100));
        _time.Advance(Seconds(10));
        Assert.Equal(["a at 15"], _fired);
        timer.Change(Timeout.InfiniteTimeSpan, Seconds(1));
        _time.Advance(Seconds(1000));
        Assert.Equal(["a at 15"], _fired);
        Assert.Equal(0, _time.PendingTimers);
    }

    [Fact]
    public async Task A_disposed_timer_neither_fires_nor_changes()
    {
        var one = Set("a", 10, 10);
        var other = Set("b", 10, 10);
        one.Dispose();
        await other.DisposeAsync();
        one.Dispose();
        Assert.False(one.Change(Seconds(1), Seconds(1)));
        _time.Advance(Seconds(100));
        Assert.Empty(_fired);
        Assert.Equal(0, _time.PendingTimers);
    }

    [Fact]
    public void A_periodic_timer_can_dispose_itself_in_its_callback()
    {
        ITimer? timer = null;
        timer = _time.CreateTimer(_ =>
        {
            Record("a");
            timer!.Dispose();
        }, null, Seconds(1), Seconds(1));
        _time.Advance(Seconds(10));
        Assert.Equal(["a at 1"], _fired);
    }

    [Fact]
    public void A_callback_can_set_timers_that_fire_in_the_same_advance()
    {
        using var timer = _time.CreateTimer(_ => Set("b", 5), null, Seconds(1), Timeout.InfiniteTimeSpan);
        Set("c", 7);
        _time.Advance(Seconds(10));
        Assert.Equal(["b at 6", "c at 7"], _fired);
    }

    [Fact]
    public void A_callback_can_advance_the_clock()
    {
        using var timer = _time.CreateTimer(_ => _time.Advance(Seconds(20)), null, Seconds(1), Timeout.InfiniteTimeSpan);
        Set("b", 15);
        _time.Advance(Seconds(10));
        Assert.Equal(["b at 15"], _fired);
        Assert.Equal(Start + Seconds(21), _time.GetUtcNow());
    }

    [Fact]
    public void An_exception_of_a_callback_comes_out_of_advance_and_the_other_timers_stay()
    {
        using var timer = _time.CreateTimer(_ => throw new FormatException(), null, Seconds(1), Timeout.InfiniteTimeSpan);
        Set("b", 2);
        Assert.Throws<FormatException>(() => _time.Advance(Seconds(10)));
        Assert.Equal(Start + Seconds(1), _time.GetUtcNow());
        _time.Advance(Seconds(1));
        Assert.Equal(["b at 2"], _fired);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(uint.MaxValue)]
    public void What_the_systems_timers_refuse_is_refused(long milliseconds)
    {
        var wrong = TimeSpan.FromMilliseconds(milliseconds);
        Assert.Throws<ArgumentOutOfRangeException>(() => _time.CreateTimer(_ => { }, null, wrong, Timeout.InfiniteTimeSpan));
        Assert.Throws<ArgumentOutOfRangeException>(() => _time.CreateTimer(_ => { }, null, Seconds(1), wrong));
        Assert.Throws<ArgumentOutOfRangeException>(() => TimeProvider.System.CreateTimer(_ => { }, null, wrong, Timeout.InfiniteTimeSpan));
    }

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    private ITimer Set(string name, int due, int period = -1) =>
        _time.CreateTimer(state => Record((string)state!), name, Seconds(due), period < 0 ? Timeout.InfiniteTimeSpan : Seconds(period));

    private void Record(string name) => _fired.Add($"{name} at {(_time.GetUtcNow() - Start).TotalSeconds}");
}
