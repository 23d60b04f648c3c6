using Zocalo.Engines.Loops;
using Zocalo.Testing;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>Which loop a new connection goes to.</summary>
public sealed class LoopLoadsTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTime _time = new();
    private readonly LoopEngine _engine;

    public LoopLoadsTests()
    {
        Assert.SkipUnless(LoopEngines.IsLinux, "Linux's calls.");
        _engine = LoopEngines.Make("epoll", loops: 2, clock: _time);
    }

    [Fact]
    public async Task New_connections_go_to_the_loop_that_ran_fewer_callbacks_in_the_last_second()
    {
        var hot = _engine.Reserve();
        var other = OtherThan(hot);
        // Three more for the other loop, and a hundred callbacks on the first.
        while (other.Users < 4)
        {
            other.Retain();
        }
        await RunCallbacksAsync(hot, 100);
        _time.Advance(Second);
        Assert.Same(other, _engine.Reserve());
    }

    /// <summary>They bring work of their own, as much as the others have: a burst of them does not go to one loop.</summary>
    [Fact]
    public async Task New_connections_of_the_same_second_count_as_much_as_others()
    {
        var hot = _engine.Reserve();
        var other = OtherThan(hot);
        Enumerable.Range(0, 9).ToList().ForEach(_ => hot.Retain());
        await RunCallbacksAsync(hot, 100);
        _time.Advance(Second);
        for (var i = 0; i < 40; i++)
        {
            _engine.Reserve();
        }
        // 10 connections with 100 callbacks: 10 each. The other loop gets 10 more than the first.
        Assert.Equal((25, 25), (hot.Users, other.Users));
    }

    [Fact]
    public async Task After_a_second_without_work_connections_are_counted_and_nothing_wakes_up()
    {
        var hot = _engine.Reserve();
        await RunCallbacksAsync(hot, 100);
        _time.Advance(Second);
        Assert.Equal(1, _time.PendingTimers);
        _time.Advance(Second);
        Assert.Equal(0, _time.PendingTimers);
        OtherThan(hot).Retain();
        OtherThan(hot).Retain();
        Assert.Same(hot, _engine.Reserve());
    }

    /// <summary>It runs no callbacks, and so seems to have nothing to do.</summary>
    [Fact]
    public async Task A_loop_that_is_blocked_gets_no_new_connections()
    {
        var blocked = _engine.Reserve();
        using var go = new ManualResetEventSlim();
        using var met = new ManualResetEventSlim();
        blocked.Scheduler.Post(
            _ =>
            {
                met.Set();
                SpinWait.SpinUntil(() => go.IsSet, LoopEngines.Cap);
            },
            null);
        await LoopEngines.RunAsync(() => Assert.True(met.Wait(LoopEngines.Cap)));
        var other = OtherThan(blocked);
        _time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.All(Enumerable.Range(0, 20).Select(_ => _engine.Reserve()), loop => Assert.Same(other, loop));
        go.Set();
        await RunCallbacksAsync(blocked, 1);
        Assert.Same(blocked, _engine.Reserve());
    }

    /// <summary>What flows from the caller is the caller's business.</summary>
    [Fact]
    public void The_first_connection_may_come_from_code_whose_context_does_not_flow()
    {
        using (ExecutionContext.SuppressFlow())
        {
            Assert.NotNull(_engine.Reserve());
            Assert.True(ExecutionContext.IsFlowSuppressed());
        }
    }

    [Fact]
    public void Among_equals_each_has_its_turn()
    {
        var places = Enumerable.Range(0, 6).Select(_ => _engine.Reserve()).ToList();
        Assert.Equal(3, places.Count(place => place == places[0]));
        Assert.All(places.Zip(places.Skip(1)), pair => Assert.NotSame(pair.First, pair.Second));
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(0, 16, 16)]
    [InlineData(0, 128, 16)]
    [InlineData(64, 2, 64)]
    public void There_are_as_many_loops_as_processors_and_more_than_16_only_by_option(int option, int processors, int loops) =>
        Assert.Equal(loops, new EngineOptions { Loops = option }.LoopsFor(processors));

    private Loop OtherThan(Loop loop)
    {
        while (true)
        {
            var other = _engine.Reserve();
            other.Release();
            if (other != loop)
            {
                return other;
            }
        }
    }

    private static async Task RunCallbacksAsync(Loop loop, int count)
    {
        var before = loop.Callbacks;
        for (var i = 0; i < count; i++)
        {
            loop.Scheduler.Post(static _ => { }, null);
        }
        await LoopEngines.UntilAsync(() => loop.Callbacks >= before + count, "the callbacks did not run");
    }
}
