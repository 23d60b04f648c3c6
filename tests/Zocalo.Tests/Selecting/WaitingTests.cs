using System.Diagnostics;
using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using static Zocalo.Tests.Selecting.Ways;

namespace Zocalo.Tests.Selecting;

/// <summary>How long a wait lasts, and what ends it.</summary>
public class WaitingTests
{
    // Never taken back: a signal that the framework's thread comes to afterwards, late on a busy machine, would end the process.
    private static readonly PosixSignalRegistration UserSignals =
        PosixSignalRegistration.Create((PosixSignal)Unix.UserSignal, static signal => signal.Cancel = true);

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void The_time_limit_ends_it_and_never_before_its_time(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            foreach (var limit in (double[])[0.1, 1.3, 45.7])
            {
                var clock = Stopwatch.StartNew();
                Assert.Equal(WatchFor.None, Ask(way, client, WatchFor.Reading | WatchFor.Exceptional, TimeSpan.FromMilliseconds(limit)));
                Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(limit), Patience);
            }
        }
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public void With_nothing_to_watch_it_waits_for_the_time_to_pass(string way)
    {
        var clock = Stopwatch.StartNew();
        Assert.True(Ask(way, [], [], [], Moment).IsEmpty);
        Assert.InRange(clock.Elapsed, Moment, Patience);
        Assert.True(Ask(way, [], [], [], TimeSpan.Zero).IsEmpty);
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public async Task A_signal_does_not_end_it(string way)
    {
        // The framework's own handler runs, and the system call fails with EINTR, whatever the handler's flags say: signal(7).
        Assert.NotNull(UserSignals);
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            var thread = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            var clock = new Stopwatch();
            var waiting = OnAThread(() =>
            {
                thread.SetResult(Unix.ThisThread);
                clock.Start();
                var told = Ask(way, client, WatchFor.Reading, 5 * Moment);
                clock.Stop();
                return told;
            });
            var waiter = await thread.Task;
            for (var i = 0; i < 10 && !waiting.IsCompleted; i++)
            {
                await Task.Delay(Moment / 5);
                Unix.Signal(waiter, Unix.UserSignal);
            }
            Assert.Equal(WatchFor.None, await waiting);
            Assert.InRange(clock.Elapsed, 5 * Moment, Patience);      // all of its time, with ten signals or without
        }
    }

    [Theory]
    [MemberData(nameof(Once), MemberType = typeof(Ways))]
    public async Task A_token_ends_one_call(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            using var source = new CancellationTokenSource();
            var waiting = OnAThread(() => Selector.Select([client], [], [], Timeout.InfiniteTimeSpan, Kind(way), source.Token));
            var forNothing = OnAThread(() => Selector.Select((Socket[])[], [], [], Timeout.InfiniteTimeSpan, Kind(way), source.Token));
            await AssertGoesOnAsync(waiting);
            await AssertGoesOnAsync(forNothing);
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => forNothing.WaitAsync(Patience));
            Assert.ThrowsAny<OperationCanceledException>(() => Selector.Select([], [client], [], Patience, Kind(way), source.Token));
        }
    }

    [Theory]
    [MemberData(nameof(Once), MemberType = typeof(Ways))]
    public void A_token_that_is_not_cancelled_changes_nothing(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            using var source = new CancellationTokenSource();
            var (readable, writable, exceptional) = Selector.Select([client, server], [client], [], Patience, Kind(way), source.Token);
            Assert.Empty(readable);
            Assert.Equal([client], writable);
            Assert.Empty(exceptional);
            Assert.True(Selector.Select([client], [], [client], Moment, Kind(way), source.Token).IsEmpty);
        }
    }

    [Theory]
    [MemberData(nameof(Once), MemberType = typeof(Ways))]
    public async Task A_socket_that_another_thread_disposes_ends_one_call(string way)
    {
        var (client, server) = Connected();
        using (server)
        {
            var waiting = OnAThread(() => Ask(way, client, WatchFor.Reading, Patience));
            await AssertGoesOnAsync(waiting);
            await OnAThread(() => { client.Dispose(); return 0; }).WaitAsync(Patience);
            Assert.Equal(WatchFor.Reading, await waiting);
        }
    }

    [Theory]
    [MemberData(nameof(Once), MemberType = typeof(Ways))]
    public async Task A_handle_stays_open_while_it_is_waited_for(string way)
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        var end = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
        Selectable reading = end.SafePipeHandle;
        var waiting = OnAThread(() => Ask(way, reading, WatchFor.Reading, Patience));
        await AssertGoesOnAsync(waiting);
        end.Dispose();
        await AssertGoesOnAsync(waiting);
        pipe.Write([1]);        // somebody still has the other end: this is no broken pipe
        Assert.Equal(WatchFor.Reading, await waiting);
        Assert.Throws<IOException>(() => pipe.Write([1]));
    }
}
