using Zocalo.Engines.Loops;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>The context that brings code back to its loop.</summary>
public sealed class LoopSchedulerTests
{
    private static readonly TimeSpan Cap = LoopEngines.Cap;

    public static TheoryData<string> All => ["threads", "select", "epoll"];

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task A_handler_goes_on_on_its_loop_after_whatever_it_awaited(string name)
    {
        var engine = LoopEngines.Make(name, loops: 3);
        var places = new TaskCompletionSource<(Loop First, List<Loop?> Later)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var served = await LoopEngines.ServeAsync(engine, async (connection, ct) =>
        {
            var first = engine.CurrentLoop!;
            var later = new List<Loop?>();
            await Task.Yield();
            later.Add(engine.CurrentLoop);
            await Task.Run(() => { }, ct);
            later.Add(engine.CurrentLoop);
            await Task.Delay(1, ct);
            later.Add(engine.CurrentLoop);
            await connection.ReceiveAsync(new byte[1], ct);
            later.Add(engine.CurrentLoop);
            await Task.WhenAll(connection.SendAsync(new byte[1], ct).AsTask(), Task.Run(() => { }, ct));
            later.Add(engine.CurrentLoop);
            places.SetResult((first, later));
        });
        using var client = LoopEngines.Connect(served.LocalAddress);
        client.Send([1]);
        var (place, all) = await places.Task.WaitAsync(Cap);
        Assert.All(all, loop => Assert.Same(place, loop));
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task Send_runs_on_the_loop_and_brings_back_what_was_thrown(string name)
    {
        var engine = LoopEngines.Make(name);
        var context = engine.FirstLoop.Scheduler;
        await LoopEngines.RunAsync(() =>
        {
            Loop? where = null;
            context.Send(_ => where = engine.CurrentLoop, null);
            Assert.Same(engine.FirstLoop, where);
            var thrown = Assert.Throws<FormatException>(() => context.Send(_ => throw new FormatException("mine"), null));
            Assert.Equal("mine", thrown.Message);
            context.Send(_ => context.Send(_ => where = null, null), null);     // from the loop itself: at once
            Assert.Null(where);
        });
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task What_a_handler_leaves_on_its_thread_is_not_there_in_another_ones_callback(string name)
    {
        var engine = LoopEngines.Make(name);
        var local = new AsyncLocal<string>();
        var seen = new TaskCompletionSource<(string?, Type?)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var served = await LoopEngines.ServeAsync(engine, async (connection, ct) =>
        {
            var first = new byte[1];
            var receiving = connection.ReceiveAsync(first, ct);
            if (local.Value is not null || SynchronizationContext.Current is not LoopScheduler)
            {
                seen.TrySetResult((local.Value, SynchronizationContext.Current?.GetType()));
            }
            local.Value = "left behind";
            SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
            await receiving.ConfigureAwait(false);
            local.Value = "left behind again";
            SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
            await connection.SendAsync(first, ct);
        });
        for (var i = 0; i < 10; i++)
        {
            using var client = LoopEngines.Connect(served.LocalAddress);
            await LoopEngines.RunAsync(() => LoopEngines.Ping(client));
        }
        engine.FirstLoop.Scheduler.Send(_ => seen.TrySetResult((local.Value, SynchronizationContext.Current?.GetType())), null);
        Assert.Equal((null, typeof(LoopScheduler)), await seen.Task);
    }

    /// <summary>On a loop with a watchdog such code has no context at all, so that what it completes resumes inside it.</summary>
    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    public async Task What_was_posted_to_a_context_leaves_none_to_code_that_asked_for_none()
    {
        var scheduler = LoopEngines.Make("epoll", rescue: true, watchdog: LoopEngines.Unhurried).FirstLoop.Scheduler;
        var seen = new TaskCompletionSource<SynchronizationContext?>(TaskCreationOptions.RunContinuationsAsynchronously);
        scheduler.Post(static _ => { }, null);
        scheduler.Post(new Looking(seen));
        Assert.Null(await seen.Task.WaitAsync(LoopEngines.Cap));
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task What_a_handler_connects_to_lives_where_it_lives_and_talks_to_it(string name)
    {
        var engine = LoopEngines.Make(name, loops: 2);
        await using var back = await LoopEngines.ServeAsync(engine, LoopEngines.EchoAsync);
        await using var front = await LoopEngines.ServeAsync(engine, async (connection, ct) =>
        {
            var here = engine.CurrentLoop;
            await using var other = await Connector.ConnectAsync(back.LocalAddress, new ConnectOptions { Engine = engine }, ct);
            Assert.Same(here, engine.CurrentLoop);
            var bytes = new byte[64];
            while (await connection.ReceiveAsync(bytes, ct) is > 0 and var count)
            {
                await other.SendAsync(bytes.AsMemory(0, count), ct);
                for (var received = 0; received < count;)
                {
                    received += await other.ReceiveAsync(bytes.AsMemory(received, count - received), ct);
                }
                Assert.Same(here, engine.CurrentLoop);
                await connection.SendAsync(bytes.AsMemory(0, count), ct);
            }
        });
        using var client = LoopEngines.Connect(front.LocalAddress);
        await LoopEngines.RunAsync(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                LoopEngines.Ping(client);
            }
        });
    }

    private sealed class Looking(TaskCompletionSource<SynchronizationContext?> seen) : IThreadPoolWorkItem
    {
        public void Execute() => seen.SetResult(SynchronizationContext.Current);
    }
}
