using System.Net.Sockets;
using Zocalo.Engines.Loops.Takeover;
using Zocalo.Tests.Engines.Polling;
using Zocalo.Tests.Serving;

namespace Zocalo.Tests.Engines.Loops.Takeover;

/// <summary>
/// Many handlers block at once on one loop, where the runtime does not see it. The watchdog is the real one, by a clock of the test's: it
/// looks again and again, as if 5 ms had passed each time.
/// </summary>
[Collection(nameof(ManyDescriptors))]
public sealed class ManyBlockedTests : IDisposable
{
    private readonly Obstacle _obstacle = new();
    private readonly List<Socket> _clients = [];
    private readonly ListLogger _log = new();

    public ManyBlockedTests() => Assert.SkipUnless(LoopEngines.IsLinux, "Linux's calls.");

    public void Dispose()
    {
        _obstacle.Dispose();
        _clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Two_hundred_handlers_that_block_at_once_do_not_hold_up_the_others() => await CheckAsync(200, expectedLate: 200);

    /// <summary>At the limit nobody could take the loop over again, so it runs no connection's code any more.</summary>
    [Fact]
    public async Task At_the_limit_of_late_threads_handlers_run_on_the_pool_and_the_loop_goes_on()
    {
        await CheckAsync(LoopThreads.MostBlocked + 1, expectedLate: LoopThreads.MostBlocked);
        var told = $"Handlers hold up as many threads of one event loop as may be ({LoopThreads.MostBlocked},";
        Assert.Single(_log.Lines, line => line.StartsWith(told, StringComparison.Ordinal));
    }

    private async Task CheckAsync(int blockers, int expectedLate)
    {
        var engine = LoopEngines.Make("epoll", rescue: true, watchdog: LoopEngines.Unhurried);
        await using var served = await LoopEngines.ServeAsync(engine, EchoAsync, options: new() { Logger = _log });
        var threads = engine.FirstLoop.Threads;
        var other = Connect(served);
        await LoopEngines.RunAsync(() => LoopEngines.Ping(other));
        for (var i = 0; i < blockers; i++)
        {
            Connect(served).Send("b"u8);
        }
        await LoopEngines.RunAsync(() =>
        {
            Assert.True(
                SpinWait.SpinUntil(
                    () =>
                    {
                        engine.Watchdog!.Tick();
                        return _obstacle.Met == blockers && threads.Blocked == expectedLate;
                    },
                    LoopEngines.Cap),
                $"{_obstacle.Met} of {blockers} handlers have begun, {threads.Blocked} threads are late: the loop stands still");
            LoopEngines.Ping(other);
            LoopEngines.Ping(Connect(served));
        });
        // Not equal: looks that follow each other at once meet short callbacks as well.
        Assert.InRange(served.Server.RescueCount, expectedLate, int.MaxValue);
        _obstacle.Remove();
        await LoopEngines.UntilAsync(() => threads.Blocked == 0, "a thread that came back still counts as late");
        Assert.False(threads.HasNoStandby);
        await LoopEngines.RunAsync(() => _clients.ForEach(LoopEngines.Ping));
    }

    private async Task EchoAsync(Connection connection, CancellationToken cancellationToken)
    {
        var bytes = new byte[1];
        while (await connection.ReceiveAsync(bytes, cancellationToken) > 0)
        {
            if (bytes[0] == 'b')
            {
                _obstacle.Meet();
            }
            else
            {
                await connection.SendAsync(bytes, cancellationToken);
            }
        }
    }

    private Socket Connect(Served served)
    {
        var client = LoopEngines.Connect(served.LocalAddress);
        _clients.Add(client);
        return client;
    }
}
