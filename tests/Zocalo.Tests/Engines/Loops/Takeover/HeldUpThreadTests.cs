using System.Net.Sockets;
using Zocalo.Engines.Loops;
using Zocalo.Engines.Loops.Takeover;

namespace Zocalo.Tests.Engines.Loops.Takeover;

/// <summary>
/// What must still happen while a handler computes, or blocks where nobody sees it, on its connection's thread. Where the watchdog has a
/// part, it looks when the test says so, by the test's clock.
/// </summary>
public sealed class HeldUpThreadTests : IDisposable
{
    private static readonly TimeSpan Cap = LoopEngines.Cap;

    private readonly Obstacle _obstacle = new();

    public HeldUpThreadTests() => Assert.SkipUnless(LoopEngines.IsLinux, "Linux's calls.");

    public void Dispose() => _obstacle.Dispose();

    /// <summary>Abort never waits for anybody (see StreamSocket): the peer learns it, though the handler goes on.</summary>
    [Theory]
    [InlineData("threads")]
    [InlineData("epoll")]
    public async Task An_abort_goes_out_while_the_handler_holds_its_thread(string name)
    {
        var held = new TaskCompletionSource<Connection>(TaskCreationOptions.RunContinuationsAsynchronously);
        var engine = LoopEngines.Make(name, rescue: name == "epoll", watchdog: LoopEngines.Unhurried);
        await using var served = await LoopEngines.ServeAsync(engine, (connection, _) =>
        {
            held.SetResult(connection);
            _obstacle.Meet();
            return Task.CompletedTask;
        });
        using var client = LoopEngines.Connect(served.LocalAddress);
        var connection = await held.Task.WaitAsync(Cap);
        await _obstacle.UntilMetAsync(1);
        connection.Abort();
        TickUntilRescued(engine);
        Assert.Equal(EndReason.Aborted, (await connection.Closed.WaitAsync(Cap)).Reason);
        await LoopEngines.RunAsync(() =>
        {
            var cut = Assert.Throws<SocketException>(() => client.Receive(new byte[1]));
            Assert.Equal(SocketError.ConnectionReset, cut.SocketErrorCode);
        });
    }

    /// <summary>What bounds a stop does not run on the loops: a handler that holds one up would hold up the stop.</summary>
    [Theory]
    [InlineData("threads")]
    [InlineData("select")]
    [InlineData("epoll")]
    public async Task A_stop_is_bounded_by_DrainTimeout_while_a_handler_holds_its_thread(string name)
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = false;
        await using var served = await SocketServer.StartAsync(
            ":0",
            (_, _) =>
            {
                held.SetResult();
                SpinWait.SpinUntil(() => Volatile.Read(ref release), Cap * 2);
                return Task.CompletedTask;
            },
            new() { Engine = LoopEngines.Make(name), DrainTimeout = TimeSpan.FromMilliseconds(50) });
        using var client = LoopEngines.Connect(served.LocalAddress);
        try
        {
            await held.Task.WaitAsync(Cap);
            await served.StopAsync().WaitAsync(Cap);
            Assert.Equal(1, served.AbortedCount);
        }
        finally
        {
            Volatile.Write(ref release, true);
        }
    }

    [Fact]
    public async Task On_threads_one_that_blocks_holds_up_nobody_else()
    {
        await using var served = await LoopEngines.ServeAsync(LoopEngines.Make("threads"), async (connection, ct) =>
        {
            var first = new byte[1];
            await connection.ReceiveAsync(first, ct);
            if (first[0] == 1)
            {
                _obstacle.Meet();
            }
            await connection.SendAsync(first, ct);
            await LoopEngines.EchoAsync(connection, ct);
        });
        using var blocker = LoopEngines.Connect(served.LocalAddress);
        blocker.Send([1]);
        await _obstacle.UntilMetAsync(1);
        using var other = LoopEngines.Connect(served.LocalAddress);
        await LoopEngines.RunAsync(() => LoopEngines.Ping(other));
        _obstacle.Remove();
        await LoopEngines.RunAsync(() => Assert.Equal([1], LoopEngines.Receive(blocker, 1)));
    }

    /// <summary>The watchdog's part: the loop is taken over without any wait that the runtime shows, and the connection never runs on it
    /// again.</summary>
    [Fact]
    public async Task A_handler_that_computes_loses_its_loop_and_goes_on_elsewhere()
    {
        var engine = LoopEngines.Make("epoll", rescue: true, watchdog: LoopEngines.Unhurried);
        var elsewhere = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var served = await LoopEngines.ServeAsync(engine, async (connection, ct) =>
        {
            var first = new byte[1];
            await connection.ReceiveAsync(first, ct);
            if (first[0] == 1)
            {
                _obstacle.Meet();
                await connection.SendAsync(first, ct);
                await connection.ReceiveAsync(first, ct);
                elsewhere.SetResult(engine.CurrentLoop is null);
            }
            await connection.SendAsync(first, ct);
            await LoopEngines.EchoAsync(connection, ct);
        });
        using var slow = LoopEngines.Connect(served.LocalAddress);
        using var other = LoopEngines.Connect(served.LocalAddress);
        await LoopEngines.RunAsync(() => LoopEngines.Ping(other));
        slow.Send([1]);
        await _obstacle.UntilMetAsync(1);
        TickUntilRescued(engine);
        await LoopEngines.RunAsync(() => LoopEngines.Ping(other));
        _obstacle.Remove();
        await LoopEngines.RunAsync(() =>
        {
            Assert.Equal([1], LoopEngines.Receive(slow, 1));
            slow.Send([2]);
            LoopEngines.Ping(other);
        });
        Assert.True(await elsewhere.Task.WaitAsync(Cap));
        Assert.Equal(1, engine.FirstLoop.Threads.Rescues);
    }

    /// <summary>A late look says that the machine was busy, or the process stopped, and not that the handler ran all the time.</summary>
    [Fact]
    public async Task Time_for_which_the_watchdog_itself_did_not_look_does_not_count()
    {
        var engine = LoopEngines.Make("epoll", rescue: true, watchdog: LoopEngines.Unhurried);
        var (loop, watchdog) = (engine.FirstLoop, engine.Watchdog!);
        loop.Scheduler.Post(_ => _obstacle.Meet(), null);
        await _obstacle.UntilMetAsync(1);
        for (var i = 0; i < 3; i++)
        {
            watchdog.Look(new(TimeSpan.FromMinutes(1), TimeSpan.Zero, TimeSpan.Zero));
        }
        Assert.Equal(0, loop.Threads.Rescues);
        watchdog.Tick();
        watchdog.Tick();
        Assert.Equal(1, loop.Threads.Rescues);
    }

    [Fact]
    public async Task A_watchdog_that_went_to_sleep_wakes_for_the_next_callback()
    {
        Watchdog? watchdog = null;
        var engine = LoopEngines.Make("epoll", rescue: true, watchdog: loops => watchdog = new Watchdog(loops, quietTicksBeforeSleep: 2));
        var loop = engine.FirstLoop;
        for (var i = 1; i <= 3; i++)
        {
            await LoopEngines.UntilAsync(() => watchdog!.IsAsleep, "nothing happens, and it does not sleep");
            var before = watchdog!.Awakenings;
            loop.Scheduler.Post(static _ => { }, null);
            await LoopEngines.UntilAsync(() => watchdog.Awakenings > before, "a callback began, and the watchdog sleeps");
        }
    }

    /// <summary>The first look meets the callback, the next two see 5 and 10 ms of it.</summary>
    private static void TickUntilRescued(LoopEngine engine)
    {
        if (engine.Watchdog is not { } watchdog)
        {
            return;
        }
        var threads = engine.FirstLoop.Threads;
        watchdog.Tick();
        watchdog.Tick();
        Assert.Equal(0, threads.Rescues);
        watchdog.Tick();
        Assert.Equal(1, threads.Rescues);
    }
}
