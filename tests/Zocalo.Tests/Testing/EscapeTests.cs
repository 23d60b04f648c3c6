using Zocalo.Testing;

namespace Zocalo.Tests.Testing;

/// <summary>Code that leaves the simulation is found, and named.</summary>
public class EscapeTests
{
    [Fact(Timeout = Duo.Cap)]
    public Task A_task_that_is_run_on_the_pool_is_found() => MustBeFound(nameof(RunsOnThePool), RunsOnThePool);

    [Fact(Timeout = Duo.Cap)]
    public Task An_await_that_leaves_the_context_is_found() => MustBeFound(nameof(LeavesTheContext), LeavesTheContext);

    [Fact(Timeout = Duo.Cap)]
    public Task A_delay_of_the_real_world_is_found() => MustBeFound(nameof(DelaysInTheRealWorld), DelaysInTheRealWorld);

    [Fact(Timeout = Duo.Cap)]
    public Task A_thread_that_uses_a_connection_is_found() => MustBeFound(nameof(SendsFromAThread), SendsFromAThread);

    [Fact(Timeout = Duo.Cap)]
    public Task A_timer_that_is_set_elsewhere_is_found() => MustBeFound(nameof(SetsATimerElsewhere), SetsATimerElsewhere);

    [Fact(Timeout = Duo.Cap)]
    public async Task An_escape_before_the_first_await_is_found()
    {
        await Assert.ThrowsAsync<EscapedException>(EscapeAtOnce);

        static async Task EscapeAtOnce()
        {
            await using var net = new SimulatedNetwork(1);
            await Task.Run(() => { });      // the pool's thread meets the simulation's mark, whoever is faster
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Code_that_leaves_and_does_nothing_any_more_is_found_too()
    {
        await Assert.ThrowsAsync<EscapedException>(() => InASimulation(_ =>
        {
            var signal = new TaskCompletionSource();
            var forgotten = LeaveAsync(signal.Task);
            signal.SetResult();
            Assert.True(((IAsyncResult)forgotten).AsyncWaitHandle.WaitOne(Duo.Cap));
            return Task.CompletedTask;
        }));

        static async Task LeaveAsync(Task signal) => await signal.ConfigureAwait(false);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task The_message_says_what_to_do()
    {
        var escape = await Assert.ThrowsAsync<EscapedException>(() => InASimulation(RunsOnThePool));
        Assert.Contains("net.Time", escape.Message, StringComparison.Ordinal);
        Assert.Contains("Task.Run", escape.Message, StringComparison.Ordinal);
    }

    private static async Task MustBeFound(string name, Func<SimulatedNetwork, Task> escapes)
    {
        var escape = await Assert.ThrowsAsync<EscapedException>(() => InASimulation(escapes));
        Assert.Contains(name, escape.Message, StringComparison.Ordinal);
    }

    private static async Task InASimulation(Func<SimulatedNetwork, Task> test)
    {
        await using var net = new SimulatedNetwork(1);
        await Task.Yield();
        await test(net);
    }

    private static async Task RunsOnThePool(SimulatedNetwork net)
    {
        using var gate = new ManualResetEventSlim();
        await using var timer = net.Time.CreateTimer(_ => gate.Set(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);      // when all else waits
        await Task.Run(() => gate.Wait(Duo.Cap));
    }

    private static async Task LeavesTheContext(SimulatedNetwork net)
    {
        var signal = new TaskCompletionSource();
        var signalling = SignalAsync();
        await Inner();
        await signalling;

        async Task Inner() => await signal.Task.ConfigureAwait(false);

        async Task SignalAsync()
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), net.Time);
            signal.SetResult();
        }
    }

    private static async Task DelaysInTheRealWorld(SimulatedNetwork net) => await Task.Delay(100);

    private static async Task SendsFromAThread(SimulatedNetwork net)
    {
        await using var duo = await Duo.JoinAsync(net);
        var thread = new Thread(SendsFromAThreadOfItsOwn);
        thread.UnsafeStart();
        Assert.Equal("hello", await Duo.Read(duo.Server, 5));
        thread.Join();

        void SendsFromAThreadOfItsOwn() => Duo.Send(duo.Client, "hello").AsTask().Wait();
    }

    private static async Task SetsATimerElsewhere(SimulatedNetwork net)
    {
        var thread = new Thread(SetsATimerElsewhereIndeed);
        thread.UnsafeStart();
        thread.Join();

        void SetsATimerElsewhereIndeed() => net.Time.CreateTimer(_ => { }, null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
