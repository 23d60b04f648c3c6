using System.Collections.Concurrent;
using System.Threading.Channels;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Simulation;

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
    public Task A_channel_that_is_read_as_a_stream_is_found() => MustBeFound(nameof(ReadsAChannelAsAStream), ReadsAChannelAsAStream);

    [Fact(Timeout = Duo.Cap)]
    public Task A_semaphore_that_is_awaited_with_a_token_is_found() =>
        MustBeFound(nameof(AwaitsASemaphoreWithAToken), AwaitsASemaphoreWithAToken);

    [Fact(Timeout = Duo.Cap)]
    public async Task A_logger_with_a_thread_of_its_own_is_found_when_it_is_made_inside()
    {
        await Assert.ThrowsAsync<EscapedException>(() => InASimulation(net => LogAsync(net, new Writer())));
        var before = new Writer();
        await InASimulation(net => LogAsync(net, before));

        static async Task LogAsync(SimulatedNetwork net, Writer writer)
        {
            writer.Lines.Add("hello");
            await Task.Delay(TimeSpan.FromMilliseconds(1), net.Time);
            writer.Dispose();
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task An_escape_before_the_first_await_is_found()
    {
        await Assert.ThrowsAsync<EscapedException>(EscapeAtOnce);

        static async Task EscapeAtOnce()
        {
            await using var net = new SimulatedNetwork(1);
            await Task.Run(() => { });      // a pool thread gets the simulation's mark, whichever thread is faster
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
        // when all else waits
        await using var timer = net.Time.CreateTimer(_ => gate.Set(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
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

    private static async Task ReadsAChannelAsAStream(SimulatedNetwork net)
    {
        var channel = Channel.CreateUnbounded<int>();
        var writing = WriteAsync();
        await foreach (var _ in channel.Reader.ReadAllAsync())
        {
        }
        await writing;

        async Task WriteAsync()
        {
            for (var i = 0; i < 3; i++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), net.Time);
                channel.Writer.TryWrite(i);
            }
            channel.Writer.Complete();
        }
    }

    private static async Task AwaitsASemaphoreWithAToken(SimulatedNetwork net)
    {
        using var semaphore = new SemaphoreSlim(0);
        using var stop = new CancellationTokenSource();
        var waiting = semaphore.WaitAsync(stop.Token);
        await Task.Delay(TimeSpan.FromMilliseconds(1), net.Time);
        semaphore.Release();
        await waiting;
    }

    /// <summary>As loggers for the console have it: lines are queued, and a thread writes them.</summary>
    private sealed class Writer : IDisposable
    {
        private readonly Thread _thread;

        internal Writer()
        {
            _thread = new Thread(Write) { IsBackground = true };
            _thread.Start();
        }

        internal BlockingCollection<string> Lines { get; } = [];

        public void Dispose()
        {
            Lines.CompleteAdding();
            _thread.Join();
            Lines.Dispose();
        }

        private void Write()
        {
            foreach (var _ in Lines.GetConsumingEnumerable())
            {
            }
        }
    }

    private static async Task SetsATimerElsewhere(SimulatedNetwork net)
    {
        var thread = new Thread(SetsATimerElsewhereIndeed);
        thread.UnsafeStart();
        thread.Join();

        void SetsATimerElsewhereIndeed() => net.Time.CreateTimer(_ => { }, null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
