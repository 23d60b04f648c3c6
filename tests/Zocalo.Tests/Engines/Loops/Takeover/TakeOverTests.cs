using System.Net.Sockets;
using Zocalo.Engines.Loops;
using Zocalo.Engines.Loops.Takeover;
using Zocalo.Engines.Polling;

namespace Zocalo.Tests.Engines.Loops.Takeover;

/// <summary>A loop changes hands while a handler holds its thread up. Here the test takes over, not the watchdog: so it happens exactly
/// when it should.</summary>
public sealed class TakeOverTests : IDisposable
{
    private const int Clients = 60;
    private static readonly TimeSpan Cap = LoopEngines.Cap;

    private readonly ManualResetEventSlim _go = new();
    private readonly List<Socket> _clients = [];
    private int _armed;
    private int _lateThread;
    private int _held;

    public static TheoryData<string> Shared => LoopEngines.Shared;

    public void Dispose()
    {
        _go.Set();
        _clients.ForEach(client => client.Dispose());
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task The_next_owner_continues_at_the_cursor_and_the_blocked_one_finishes_as_a_foreign_thread(string name)
    {
        var engine = LoopEngines.Make(name);
        await using var served = await LoopEngines.ServeAsync(engine, EchoAsync);
        await ConnectAsync(served.LocalAddress);
        var loop = engine.FirstLoop;

        // Everybody's byte is there before the loop looks: one batch of events.
        using var gathered = new ManualResetEventSlim();
        loop.Scheduler.Post(_ => gathered.Wait(), null);
        _clients.ForEach(client => client.Send([42]));
        Volatile.Write(ref _armed, 1);
        gathered.Set();
        await WaitUntilHeldAsync(1);
        TakeOver(loop);
        var answered = await CollectAsync(Clients - 1);
        Assert.Equal(Clients - 1, answered);
        Assert.Equal(1, loop.Threads.Rescues);

        _go.Set();
        Assert.Equal(1, await CollectAsync(1));
        await LoopEngines.RunAsync(() => _clients.ForEach(LoopEngines.Ping));
        Assert.Equal(1, loop.Threads.Rescues);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task A_thread_that_comes_back_is_not_late_any_more(string name)
    {
        var loop = LoopEngines.Make(name).FirstLoop;
        Volatile.Write(ref _armed, 1);
        loop.Scheduler.Post(_ => Hold(), null);
        await WaitUntilHeldAsync(1);
        TakeOver(loop);
        Assert.Equal(1, loop.Threads.Blocked);
        _go.Set();
        await LoopEngines.UntilAsync(() => loop.Threads.Blocked == 0, "it still counts as late: in the end none may be");
    }

    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    public async Task A_thread_that_comes_back_late_is_the_next_that_takes_over()
    {
        var loop = LoopEngines.Make("epoll").FirstLoop;
        var late = new HashSet<int>();
        var isBack = false;
        // When it is back is not to be seen from outside, so there are several tries.
        for (var i = 0; i < 50 && !isBack; i++)
        {
            _go.Reset();
            Volatile.Write(ref _armed, 1);
            var held = Volatile.Read(ref _held);
            loop.Scheduler.Post(_ => Hold(), null);
            await WaitUntilHeldAsync(held + 1);
            late.Add(Volatile.Read(ref _lateThread));
            TakeOver(loop);
            _go.Set();
            var now = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            loop.Scheduler.Post(_ => now.SetResult(Environment.CurrentManagedThreadId), null);
            isBack = late.Contains(await now.Task.WaitAsync(Cap));
        }
        Assert.True(isBack, "every take-over has made a new thread");
    }

    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    public void A_take_over_needs_the_word_of_the_callback_that_it_saw()
    {
        var engine = LoopEngines.Make("epoll");
        var loop = new SharedLoop(engine, new EpollPoller());
        var ownership = new LoopOwnership(loop, 0);
        Assert.False(loop.Threads.TryTakeOver(loop.Word), "the owner is in the engine");
        ownership.BeginCallback();
        var word = loop.Word;
        Assert.True(ownership.TryEnter());
        Assert.False(loop.Threads.TryTakeOver(loop.Word), "the owner has called into the engine");
        Assert.False(loop.Threads.TryTakeOver(word), "that was before");
        Assert.True(ownership.TryEnter());
        ownership.Leave();
        Assert.Equal(0, loop.Word & 1);     // nested calls: still inside
        ownership.Leave();
        Assert.Equal(word, loop.Word);
        Assert.True(loop.Threads.TryTakeOver(word));
        Assert.False(loop.Threads.TryTakeOver(word), "it is taken over already");
        Assert.False(ownership.TryEnter(), "its epoch is gone");
        Assert.False(ownership.TryEndCallback());
    }

    /// <summary>The watchdog has the same patience as a wait that the runtime shows us: either may be the first, and the other must not
    /// take the loop from the next owner.</summary>
    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    public async Task A_wait_whose_loop_was_taken_over_meanwhile_does_not_take_it_from_the_next_owner()
    {
        var rescues = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var engine = LoopEngines.Make("threads");
        await using var served = await LoopEngines.ServeAsync(engine, (connection, _) =>
        {
            var loop = LoopOwnership.Current!.Loop;
            using var inNext = new ManualResetEvent(false);
            var over = false;
            Assert.True(loop.Threads.TryTakeOver(loop.Word));
            loop.Post(new WorkItem(_ =>
            {
                inNext.Set();
                SpinWait.SpinUntil(() => Volatile.Read(ref over), Cap);      // computes, as far as anybody can see
            }, null, loop.Scheduler));
            inNext.WaitOne();
            using var never = new ManualResetEvent(false);
            BlockedCallback.Wait(loop, [never.SafeWaitHandle.DangerousGetHandle()], all: false, milliseconds: 50);
            rescues.SetResult(loop.Threads.Rescues);
            Volatile.Write(ref over, true);
            return Task.CompletedTask;
        });
        await ConnectAsync(served.LocalAddress, 1);
        Assert.Equal(1, await rescues.Task.WaitAsync(Cap));
    }

    private async Task EchoAsync(Connection connection, CancellationToken cancellationToken)
    {
        var bytes = new byte[1];
        while (await connection.ReceiveAsync(bytes, cancellationToken) > 0)
        {
            Hold();
            await connection.SendAsync(bytes, cancellationToken);
        }
    }

    private void Hold()
    {
        if (Interlocked.Decrement(ref _armed) >= 0)
        {
            Volatile.Write(ref _lateThread, Environment.CurrentManagedThreadId);
            Interlocked.Increment(ref _held);
            _go.Wait();
        }
    }

    private async Task WaitUntilHeldAsync(int count) =>
        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => Volatile.Read(ref _held) == count, Cap)), "no callback began");

    private static void TakeOver(Loop loop) =>
        Assert.True(SpinWait.SpinUntil(() => loop.Threads.TryTakeOver(loop.Word), Cap), "the loop cannot be taken over");

    private async Task ConnectAsync(Address address, int count = Clients)
    {
        for (var i = 0; i < count; i++)
        {
            _clients.Add(LoopEngines.Connect(address));
        }
        if (count > 1)
        {
            await LoopEngines.RunAsync(() => _clients.ForEach(LoopEngines.Ping));
        }
    }

    /// <returns>How many clients were answered.</returns>
    private async Task<int> CollectAsync(int count)
    {
        var answered = 0;
        await LoopEngines.RunAsync(() =>
        {
            while (answered < count)
            {
                var readable = _clients.ToList();
                Socket.Select(readable, null, null, Cap);
                Assert.NotEmpty(readable);
                readable.ForEach(client => LoopEngines.Receive(client, 1));
                answered += readable.Count;
            }
        });
        return answered;
    }
}
