using System.Net.Sockets;
using Zocalo.Engines.Loops;
using Zocalo.Engines.Polling;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>What other threads hand to a loop, and the list that it goes to.</summary>
public sealed class RemoteQueueTests
{
    private readonly RunQueue _ready = new();
    private readonly List<int> _ran = [];

    [Fact]
    public void The_run_queue_keeps_its_order_however_it_grows_and_wraps()
    {
        var random = new Random(7);
        var model = new Queue<int>();
        var next = 0;
        for (var i = 0; i < 5000; i++)
        {
            if (random.Next(100) < (i < 2500 ? 60 : 40))
            {
                model.Enqueue(next);
                _ready.Enqueue(Item(next++));
            }
            else
            {
                Assert.Equal(model.Count > 0, _ready.TryDequeue(out var item));
                if (model.TryDequeue(out var expected))
                {
                    item.Run(withContext: false);
                    Assert.Equal(expected, _ran[^1]);
                }
            }
            Assert.Equal(model.Count, _ready.Count);
        }
    }

    [Fact]
    public void Nobody_is_woken_who_does_not_sleep_and_a_sleeper_once()
    {
        var poller = new WakePoller();
        var queue = new RemoteQueue(poller);
        Assert.True(queue.TryPost(Item(1)));
        Assert.Equal(0, poller.Wakes);
        Assert.False(queue.TrySleep(), "something has come already");
        queue.Awake();
        queue.MoveTo(_ready);
        Assert.True(queue.TrySleep());
        Assert.True(queue.TryPost(Item(2)));
        Assert.True(queue.TryPost(Item(3)));
        Assert.Equal(1, poller.Wakes);
        Assert.False(queue.TryClose(), "a loop with work does not end");
        queue.MoveTo(_ready);
        Assert.True(queue.TryClose());
        Assert.False(queue.TryPost(Item(4)));
        Assert.Equal(3, _ready.Count);
    }

    /// <summary>A wake-up writes to a descriptor. When the loop could end and close it meanwhile, the eight bytes would go into whatever
    /// has that number by then: somebody else's connection.</summary>
    [Fact]
    public void A_loop_does_not_end_while_somebody_is_waking_it()
    {
        var poller = new WakePoller();
        var queue = new RemoteQueue(poller);
        var ended = false;
        poller.OnWake = () =>
        {
            // The loop's own thread, woken by something else, finds the item, runs it and wants to end.
            var ending = Task.Run(() =>
            {
                queue.Awake();
                queue.MoveTo(_ready);
                return queue.TryClose();
            });
            ended = ending.Wait(TimeSpan.FromMilliseconds(300));        // it has to wait for us; when it need not, it is there at once
        };
        Assert.True(queue.TrySleep());
        Assert.True(queue.TryPost(Item(1)));
        Assert.False(ended, "the loop ended, and closed its descriptors, in the middle of a wake-up");
    }

    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    public async Task What_many_threads_post_runs_once_each_and_in_the_order_of_each()
    {
        const int Threads = 8;
        const int Each = 5000;
        var context = LoopEngines.Make("epoll").FirstLoop.Scheduler;
        var last = new int[Threads];
        var wrong = 0;
        using var all = new CountdownEvent(Threads * Each);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => LoopEngines.RunAsync(() =>
        {
            for (var i = 1; i <= Each; i++)
            {
                var number = i;
                context.Post(_ =>
                {
                    wrong += ++last[thread] == number ? 0 : 1;
                    all.Signal();
                }, null);
            }
        })));
        Assert.True(await Task.Run(() => all.Wait(LoopEngines.Cap)), $"{all.CurrentCount} posts never ran");
        Assert.Equal(0, wrong);
    }

    private WorkItem Item(int id) => new(new Work(() => _ran.Add(id)), scheduler: null);

    private sealed class Work(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }

    /// <summary>Watches nothing, and counts how often it is woken.</summary>
    private sealed class WakePoller : IPoller
    {
        internal int Wakes { get; private set; }

        internal Action OnWake { get; set; } = static () => { };

        public int DescriptorLimit => int.MaxValue;

        public SocketError Register(int descriptor, Readiness interest) => SocketError.Success;

        public void Modify(int descriptor, Readiness interest)
        {
        }

        public void Deregister(int descriptor)
        {
        }

        public int Wait(int milliseconds) => 0;

        public ReadinessEvent Event(int index) => default;

        public void Wake()
        {
            Wakes++;
            OnWake();
        }

        public void Close()
        {
        }
    }
}
