using System.Net.Sockets;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>What must still happen while a handler computes, or blocks where nobody sees it, on its connection's thread.</summary>
public sealed class HeldUpThreadTests
{
    private static readonly TimeSpan Cap = LoopEngines.Cap;

    /// <summary>Abort never waits for anybody (see Channel): the peer learns it soon, though the handler goes on.</summary>
    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [InlineData("threads", false)]
    [InlineData("portable", false)]
    [InlineData("epoll", true)]
    public async Task An_abort_goes_out_while_the_handler_holds_its_thread(string name, bool rescue)
    {
        var held = new TaskCompletionSource<Connection>(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = false;
        var engine = LoopEngines.Make(name, rescue: rescue);
        await using var served = await LoopEngines.ServeAsync(engine, (connection, _) =>
        {
            held.SetResult(connection);
            SpinWait.SpinUntil(() => Volatile.Read(ref release), Cap * 2);
            return Task.CompletedTask;
        });
        using var client = LoopEngines.Connect(served.LocalAddress);
        try
        {
            var connection = await held.Task.WaitAsync(Cap);
            connection.Abort();
            var end = await connection.Closed.WaitAsync(TimeSpan.FromSeconds(10));
            Assert.Equal(EndReason.Aborted, end.Reason);
            var cut = Assert.Throws<SocketException>(() => client.Receive(new byte[1]));
            Assert.Equal(SocketError.ConnectionReset, cut.SocketErrorCode);
        }
        finally
        {
            Volatile.Write(ref release, true);
        }
    }

    /// <summary>What bounds a stop does not run on the loops: a handler that holds one up would hold up the stop.</summary>
    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
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

    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    public async Task On_threads_one_that_blocks_holds_up_nobody_else()
    {
        var release = false;
        await using var served = await LoopEngines.ServeAsync(LoopEngines.Make("threads"), async (connection, ct) =>
        {
            var first = new byte[1];
            await connection.ReceiveAsync(first, ct);
            if (first[0] == 1)
            {
                SpinWait.SpinUntil(() => Volatile.Read(ref release), Cap * 2);
            }
            await connection.SendAsync(first, ct);
            await LoopEngines.EchoAsync(connection, ct);
        });
        using var blocker = LoopEngines.Connect(served.LocalAddress);
        blocker.Send([1]);
        using var other = LoopEngines.Connect(served.LocalAddress);
        await LoopEngines.RunAsync(() => LoopEngines.Ping(other));
        Volatile.Write(ref release, true);
        await LoopEngines.RunAsync(() => Assert.Equal([1], LoopEngines.Receive(blocker, 1)));
    }

    /// <summary>The watchdog's part: the loop is taken over without any wait that the runtime shows, and the connection never runs on it again.</summary>
    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    public async Task A_handler_that_computes_loses_its_loop_and_goes_on_elsewhere()
    {
        var engine = LoopEngines.Make("epoll", rescue: true);
        var elsewhere = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var served = await LoopEngines.ServeAsync(engine, async (connection, ct) =>
        {
            var first = new byte[1];
            await connection.ReceiveAsync(first, ct);
            if (first[0] == 1)
            {
                Assert.True(SpinWait.SpinUntil(() => engine.FirstLoop.Crew.Rescues > 0, Cap));
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
        await LoopEngines.RunAsync(() =>
        {
            LoopEngines.Ping(other);
            Assert.Equal([1], LoopEngines.Receive(slow, 1));
            slow.Send([2]);
            LoopEngines.Ping(other);
        });
        Assert.True(await elsewhere.Task.WaitAsync(Cap));
        Assert.True(engine.FirstLoop.Crew.Rescues >= 1);
    }

    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    public async Task A_watchdog_that_went_to_sleep_wakes_for_the_next_turn()
    {
        var engine = LoopEngines.Make("epoll", rescue: true);
        var loop = engine.FirstLoop;
        for (var i = 1; i <= 3; i++)
        {
            var before = loop.Crew.Rescues;
            using var seen = new ManualResetEventSlim();
            loop.Context.Post(_ => SpinWait.SpinUntil(() => loop.Crew.Rescues > before || seen.IsSet, Cap), null);
            var isRescued = await Task.Run(() => SpinWait.SpinUntil(() => loop.Crew.Rescues > before, Cap));
            seen.Set();
            Assert.True(isRescued);
            await Task.Delay(i == 3 ? 0 : 700);       // it sleeps after half a second without turns; if it does not yet, this proves less, and fails nothing
        }
    }
}
