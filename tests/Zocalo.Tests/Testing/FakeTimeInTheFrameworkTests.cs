using Zocalo.Testing;

namespace Zocalo.Tests.Testing;

/// <summary>The parts of .NET that take a <see cref="TimeProvider"/>, driven by a <see cref="FakeTime"/>.</summary>
public class FakeTimeInTheFrameworkTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly FakeTime _time = new();

    [Fact]
    public async Task A_delay_ends_when_the_clock_has_moved_far_enough()
    {
        var delay = Task.Delay(Minute, _time);
        _time.Advance(Minute - TimeSpan.FromTicks(1));
        Assert.False(delay.IsCompleted);
        Assert.Equal(1, _time.PendingTimers);
        _time.Advance(TimeSpan.FromTicks(1));
        await delay.WaitAsync(Cap);
        Assert.Equal(0, _time.PendingTimers);
    }

    [Fact]
    public async Task A_cancelled_delay_leaves_no_timer()
    {
        using var cancel = new CancellationTokenSource();
        var delay = Task.Delay(Minute, _time, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => delay.WaitAsync(Cap));
        Assert.Equal(0, _time.PendingTimers);
    }

    [Fact]
    public void A_token_source_with_a_delay_fires_when_it_is_due()
    {
        using var source = new CancellationTokenSource(Minute, _time);
        _time.Advance(Minute / 2);
        Assert.False(source.IsCancellationRequested);
        _time.Advance(Minute / 2);
        Assert.True(source.IsCancellationRequested);
    }

    [Fact]
    public void CancelAfter_moves_the_moment()
    {
        using var source = new CancellationTokenSource(Minute, _time);
        source.CancelAfter(2 * Minute);
        _time.Advance(Minute);
        Assert.False(source.IsCancellationRequested);
        _time.Advance(Minute);
        Assert.True(source.IsCancellationRequested);
    }

    [Fact]
    public void A_disposed_token_source_leaves_no_timer()
    {
        new CancellationTokenSource(Minute, _time).Dispose();
        Assert.Equal(0, _time.PendingTimers);
    }

    [Fact]
    public async Task WaitAsync_times_out()
    {
        var never = new TaskCompletionSource();
        var wait = never.Task.WaitAsync(Minute, _time);
        Assert.False(wait.IsCompleted);
        _time.Advance(Minute);
        await Assert.ThrowsAsync<TimeoutException>(() => wait.WaitAsync(Cap));
    }

    [Fact]
    public async Task A_periodic_timer_ticks()
    {
        using var timer = new PeriodicTimer(Minute, _time);
        var tick = timer.WaitForNextTickAsync().AsTask();
        Assert.False(tick.IsCompleted);
        _time.Advance(Minute);
        Assert.True(await tick.WaitAsync(Cap));
    }

    [Fact]
    public async Task Many_threads_may_set_and_dispose_timers_while_the_clock_moves()
    {
        const int Threads = 8;
        const int Each = 2000;
        var fired = 0;
        var setting = Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                var timer = _time.CreateTimer(_ => Interlocked.Increment(ref fired), null, TimeSpan.FromTicks(i), Timeout.InfiniteTimeSpan);
                if (i % 2 == 1)
                {
                    timer.Change(TimeSpan.FromTicks(i / 2), Timeout.InfiniteTimeSpan);
                }
                if (i % 4 == 3)
                {
                    timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                    timer.Dispose();
                }
            }
        })).ToArray();
        var all = Task.WhenAll(setting);
        while (!all.IsCompleted)
        {
            _time.Advance(TimeSpan.FromTicks(1));
        }
        await all.WaitAsync(Cap);
        _time.Advance(Minute);
        Assert.Equal(0, _time.PendingTimers);
        Assert.True(fired >= Threads * Each * 3 / 4, $"only {fired} fired");
    }
}
