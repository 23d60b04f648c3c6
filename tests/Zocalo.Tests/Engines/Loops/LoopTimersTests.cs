using Zocalo.Engines.Loops;
using Zocalo.Engines.Loops.Takeover;
using Zocalo.Engines.Polling;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>The timers of a loop: the heap against a sorted list, and one timer against what a timer promises. No loop runs here; the test
/// is its owner.</summary>
public sealed class LoopTimersTests
{
    private readonly List<int> _fired = [];
    private readonly Loop _loop;

    public LoopTimersTests()
    {
        Assert.SkipUnless(LoopEngines.IsLinux, "Linux's calls.");
        _loop = new SharedLoop(LoopEngines.Make("epoll"), new EpollPoller());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Timers_fire_in_order_whatever_was_set_moved_and_removed_before(int seed)
    {
        var random = new Random(seed);
        var timers = Enumerable.Range(0, 200).Select(Make).ToArray();
        var model = new Dictionary<int, long>();
        for (var i = 0; i < 20_000; i++)
        {
            var at = random.Next(timers.Length);
            if (random.Next(3) == 0)
            {
                _loop.Timers.Remove(timers[at]);
                model.Remove(at);
            }
            else
            {
                var due = (((long)random.Next(1_000_000)) << 10) + at;       // all different, all long past
                _loop.Timers.Set(timers[at], due);
                model[at] = due;
            }
            Assert.Equal(model.Count, _loop.Timers.Count);
            if (i % 1000 == 999)
            {
                Assert.Equal(model.Count == 0 ? -1 : 0, _loop.Timers.MillisecondsToNext());
                Assert.Equal(model.OrderBy(pair => pair.Value).Select(pair => pair.Key), Fire());
                Assert.Equal(0, _loop.Timers.Count);
                model.Clear();
            }
        }
    }

    [Fact]
    public void What_is_not_due_stays_and_the_wait_for_it_is_rounded_up()
    {
        var now = TimeProvider.System.GetTimestamp();
        _loop.Timers.Set(Make(1), now + (3600 * TimeProvider.System.TimestampFrequency));
        _loop.Timers.Set(Make(2), now - 1);
        Assert.Equal([2], Fire());
        Assert.InRange(_loop.Timers.MillisecondsToNext(), 3_000_000, 3_600_000);
        _loop.Timers.Set(Make(3), long.MaxValue);
        Assert.Equal(2, _loop.Timers.Count);
    }

    [Fact]
    public void A_period_sets_it_again_and_a_change_ends_that()
    {
        var timer = Make(1);
        timer.Change(TimeSpan.Zero, TimeSpan.FromHours(1));
        RunOnLoop(timer);
        Assert.Equal([1], Fire());
        Assert.Equal(1, _loop.Timers.Count);
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        RunOnLoop(timer);
        Assert.Equal(0, _loop.Timers.Count);
    }

    [Fact]
    public void What_has_been_disposed_never_fires_not_even_when_it_was_due_already()
    {
        var timer = Make(1);
        timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        RunOnLoop(timer);
        var ready = new RunQueue();
        _loop.Timers.MoveDueTo(ready);
        timer.Dispose();
        Assert.True(ready.TryDequeue(out var item));
        item.Run(withContext: false);
        Assert.Empty(_fired);
        Assert.False(timer.Change(TimeSpan.Zero, TimeSpan.Zero));
    }

    /// <summary>Two changes from another thread are two callbacks of the loop; the first may fire it before the second comes.</summary>
    [Fact]
    public void A_timer_that_was_changed_twice_fires_once()
    {
        var timer = Make(1);
        timer.Change(TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        RunOnLoop(timer);
        Assert.Equal([1], Fire());
        RunOnLoop(timer);
        Assert.Empty(Fire());
        Assert.Equal(0, _loop.Timers.Count);
    }

    [Fact]
    public async Task Timers_of_foreign_threads_fire_and_changes_from_many_threads_leave_the_last_one()
    {
        var engine = LoopEngines.Make("epoll");
        const int Wanted = 8 * 50;
        var fired = 0;
        var timers = new System.Collections.Concurrent.ConcurrentBag<ITimer>();
        var unwanted = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 50; i++)
            {
                timers.Add(engine.Time.CreateTimer(
                    _ => Interlocked.Increment(ref unwanted), null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan));
                var timer = engine.Time.CreateTimer(
                    _ => Interlocked.Increment(ref fired), null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
                timer.Change(TimeSpan.FromHours(2), Timeout.InfiniteTimeSpan);
                timer.Change(TimeSpan.FromMilliseconds(i % 7), Timeout.InfiniteTimeSpan);
                timers.Add(timer);
            }
        }))).WaitAsync(LoopEngines.Cap);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref fired) >= Wanted, LoopEngines.Cap), $"{Wanted - fired} timers never fired");
        foreach (var timer in timers)
        {
            await timer.DisposeAsync();
        }
        Assert.True(SpinWait.SpinUntil(() => engine.FirstLoop.Timers.Count == 0, LoopEngines.Cap));
        Assert.Equal((Wanted, 0), (fired, unwanted));
    }

    private void RunOnLoop(ILoopWork work)
    {
        LoopOwnership.Current = new LoopOwnership(_loop, 0);
        work.RunOnLoop();
        LoopOwnership.Current = null;
    }

    private LoopTimer Make(int id) => new(_loop, _ => _fired.Add(id), null);

    private List<int> Fire()
    {
        _fired.Clear();
        var ready = new RunQueue();
        _loop.Timers.MoveDueTo(ready);
        while (ready.TryDequeue(out var item))
        {
            item.Run(withContext: false);
        }
        return [.. _fired];
    }
}
