using Zocalo.Engines.Loops;
using Zocalo.Engines.Polling;
using Zocalo.Engines.System;
using Zocalo.Tests.Engines.Polling;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>Many private loops: what is posted runs though loops end and begin meanwhile, and no descriptor is left.</summary>
[Collection(nameof(ManyDescriptors))]
public sealed class ManyLoopsTests
{
    private const int Loops = 64;
    private const int Posters = 4;
    private const int ItemsOfEach = 20_000;
    private const int PostsBetweenEndings = 50;

    private int _ran;
    private int _onLoops;

    public ManyLoopsTests() => Assert.SkipUnless(LoopEngines.IsLinux, "Linux's calls.");

    [Fact]
    public async Task What_is_posted_runs_while_loops_end_and_begin()
    {
        var before = Descriptors.SettledCount();
        var engine = new ThreadsEngine(static () => new PollPoller(), LinuxSocketCalls.Instance);
        var loops = Enumerable.Range(0, Loops).Select(_ => engine.Reserve()).ToArray();
        Assert.InRange(Descriptors.Count - before, 1, Loops + 8);
        await Task.WhenAll(Enumerable.Range(1, Posters).Select(seed => LoopEngines.RunAsync(() => Post(engine, loops, new Random(seed)))));
        Assert.True(
            SpinWait.SpinUntil(() => Volatile.Read(ref _ran) == Posters * ItemsOfEach, LoopEngines.Cap),
            $"{_ran} of {Posters * ItemsOfEach} ran");
        Assert.InRange(_onLoops, Posters * ItemsOfEach / 2, Posters * ItemsOfEach);      // the rest were posted to one that had ended
        Array.ForEach(loops, loop => loop.Release());
        Assert.True(
            SpinWait.SpinUntil(() => Descriptors.Count <= before, LoopEngines.Cap), $"{Descriptors.Count} descriptors, {before} before");
    }

    /// <summary>One at a time, so that a wake-up that is lost is not made good by the next one.</summary>
    [Fact]
    public async Task A_loop_is_woken_every_time_while_others_are_too()
    {
        var engine = new ThreadsEngine(static () => new PollPoller(), LinuxSocketCalls.Instance);
        var loops = Enumerable.Range(0, 4).Select(_ => engine.Reserve()).ToArray();
        await Task.WhenAll(loops.Select(loop => LoopEngines.RunAsync(() =>
        {
            using var item = new Signal();
            for (var i = 0; i < 1000; i++)
            {
                loop.Post(new WorkItem(item, null));
                Assert.True(item.Ran.Wait(LoopEngines.Cap), $"item {i} did not run");
            }
        })));
        Array.ForEach(loops, loop => loop.Release());
    }

    [Theory]
    [InlineData(20_000 - 64, 9_968)]
    [InlineData(1, 0)]
    public void As_many_connections_are_allowed_as_descriptors_are_enough_for(long descriptors, long connections) =>
        Assert.Equal(connections, LoopEngines.Make("threads").ConnectionsFor(descriptors));

    private void Post(ThreadsEngine engine, Loop[] loops, Random random)
    {
        var item = new Item(this);
        for (var i = 0; i < ItemsOfEach; i++)
        {
            var index = random.Next(loops.Length);
            Volatile.Read(ref loops[index]).Post(new WorkItem(item, null));
            if (i % PostsBetweenEndings == 0)
            {
                Interlocked.Exchange(ref loops[index], engine.Reserve()).Release();      // others may be posting to it
            }
        }
    }

    private sealed class Item(ManyLoopsTests test) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            Interlocked.Add(ref test._onLoops, Thread.CurrentThread.IsThreadPoolThread ? 0 : 1);
            Interlocked.Increment(ref test._ran);
        }
    }

    private sealed class Signal : IThreadPoolWorkItem, IDisposable
    {
        internal SemaphoreSlim Ran { get; } = new(0);

        public void Execute() => Ran.Release();

        public void Dispose() => Ran.Dispose();
    }
}
