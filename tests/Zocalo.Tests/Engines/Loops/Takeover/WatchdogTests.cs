using System.Net.Sockets;
using Zocalo.Engines.Loops;
using Zocalo.Engines.Loops.Takeover;
using Zocalo.Engines.System;
using Zocalo.Testing;
using Zocalo.Tests.Serving;

namespace Zocalo.Tests.Engines.Loops.Takeover;

/// <summary>
/// What the watchdog makes of the times of a loop's thread. The thread is really held up; its times and the clock are the test's.
/// </summary>
public sealed class WatchdogTests : IDisposable
{
    private static readonly TimeSpan Cap = LoopEngines.Cap;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);

    private readonly FakeTime _time = new();
    private readonly LoopEngine _engine;
    private readonly List<Obstacle> _obstacles = [];
    private ThreadTimes? _times = new(TimeSpan.Zero, TimeSpan.Zero, IsRunnable: false);

    public WatchdogTests()
    {
        Assert.SkipUnless(LoopEngines.IsLinux, "Linux's calls.");
        _engine = LoopEngines.Make(
            "epoll", rescue: true, watchdog: loops => new Watchdog(loops, runs: false, times: _ => _times), clock: _time);
    }

    private LoopThreads Threads => _engine.FirstLoop.Threads;

    public void Dispose() => _obstacles.ForEach(obstacle => obstacle.Dispose());

    [Fact]
    public async Task A_callback_that_waits_for_a_processor_is_not_rescued()
    {
        await HoldAsync();
        _times = new(TimeSpan.Zero, TimeSpan.Zero, IsRunnable: true);
        Look(100);
        Assert.Equal(0, Threads.Rescues);
    }

    [Fact]
    public async Task A_callback_that_computes_is_rescued_when_it_has_had_10_ms_of_a_processor()
    {
        await HoldAsync();
        for (var i = 0; i < 10; i++)
        {
            _times = new(TimeSpan.FromMilliseconds(i), TimeSpan.Zero, IsRunnable: true);
            Look();
            Assert.Equal(0, Threads.Rescues);
        }
        _times = new(TimeSpan.FromMilliseconds(10), TimeSpan.Zero, IsRunnable: true);
        Look();
        Assert.Equal(1, Threads.Rescues);
    }

    [Fact]
    public async Task Of_a_callback_that_sleeps_the_wait_for_a_processor_does_not_count()
    {
        await HoldAsync();
        Look();
        for (var i = 1; i <= 9; i++)
        {
            _times = new(TimeSpan.Zero, TimeSpan.FromMilliseconds(4 * i), IsRunnable: false);      // 1 of the 5 ms is its own
            Look();
            Assert.Equal(0, Threads.Rescues);
        }
        _times = new(TimeSpan.Zero, TimeSpan.FromMilliseconds(40), IsRunnable: false);
        Look();
        Assert.Equal(1, Threads.Rescues);
    }

    [Fact]
    public async Task Where_the_system_tells_no_times_all_time_counts()
    {
        _times = null;
        await HoldAsync();
        Look(2);
        Assert.Equal(0, Threads.Rescues);
        Look();
        Assert.Equal(1, Threads.Rescues);
    }

    /// <summary>It may wait for what another thread compiles, which has to wait for a processor as well.</summary>
    [Theory]
    [InlineData(0, 1, 15)]
    [InlineData(0, 100, 20)]
    [InlineData(1, 100, 30)]
    [InlineData(1000, 1, 105)]
    public async Task While_the_runtime_compiles_a_callback_has_more_time_and_more_yet_where_processors_are_short(
        int queued, int compiling, int patience)
    {
        _times = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(queued), IsRunnable: false);
        await HoldAsync();
        for (var i = 0; i <= patience / 5; i++)
        {
            Assert.Equal(0, Threads.Rescues);
            _engine.Watchdog!.Look(new(Tick, TimeSpan.Zero, Compiling: TimeSpan.FromMilliseconds(i is 1 or 2 ? compiling : 0.01)));
        }
        Assert.Equal(1, Threads.Rescues);
    }

    [Fact]
    public async Task A_connection_that_makes_its_loop_sleep_three_times_in_a_second_moves_to_the_pool_without_a_rescue()
    {
        var log = new ListLogger();
        await using var served = await ServeAsync(log);
        using var client = LoopEngines.Connect(served.LocalAddress);
        for (var i = 1; i <= 3; i++)
        {
            Assert.DoesNotContain(log.Lines, line => IsOfSleep(line));
            Assert.Equal('L', await SleepAsync(client));
        }
        Assert.Equal('P', await AskAsync(client));
        Assert.Contains("HoldAsync", Assert.Single(log.Lines, line => IsOfSleep(line)), StringComparison.Ordinal);
        Assert.Equal(0, Threads.Rescues);
        Assert.Equal(0, served.Server.RescueCount);
    }

    [Fact]
    public async Task Sleeps_that_are_further_apart_move_nobody()
    {
        await using var served = await ServeAsync();
        using var client = LoopEngines.Connect(served.LocalAddress);
        for (var i = 1; i <= 5; i++)
        {
            await SleepAsync(client);
            _time.Advance(TimeSpan.FromMilliseconds(501));
        }
        Assert.Equal('L', await AskAsync(client));
    }

    [Fact]
    public async Task A_callback_that_computes_for_less_than_10_ms_moves_nobody()
    {
        await using var served = await ServeAsync();
        using var client = LoopEngines.Connect(served.LocalAddress);
        for (var i = 1; i <= 5; i++)
        {
            await SleepAsync(client, isRunnable: true);
        }
        Assert.Equal('L', await AskAsync(client));
    }

    /// <summary>Also one that was rescued. Back on its loop its code has the loop's context again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_comes_back_to_its_loop_after_a_quiet_minute(bool rescued)
    {
        await using var served = await ServeAsync();
        using var client = LoopEngines.Connect(served.LocalAddress);
        for (var i = 1; i <= (rescued ? 1 : 3); i++)
        {
            await SleepAsync(client, ticks: rescued ? 3 : 2);
        }
        Assert.Equal(rescued ? 1 : 0, Threads.Rescues);
        _time.Advance(SleepRecord.Quiet - TimeSpan.FromSeconds(1));
        Assert.Equal('P', await AskAsync(client));
        await ComesBackAsync(client);
        Assert.Equal('L', await AskAsync(client));
    }

    [Fact]
    public async Task On_the_pool_a_callback_that_lasts_begins_the_minute_again()
    {
        await using var served = await ServeAsync();
        using var client = LoopEngines.Connect(served.LocalAddress);
        await SleepAsync(client, ticks: 3);
        _time.Advance(SleepRecord.Quiet - TimeSpan.FromSeconds(1));
        Assert.Equal('P', await AskAsync(client, 'T'));
        _time.Advance(SleepRecord.Quiet - TimeSpan.FromSeconds(1));
        Assert.Equal('P', await AskAsync(client));
        await ComesBackAsync(client);
    }

    private static bool IsOfSleep(string line) => line.Contains("sleep for some milliseconds", StringComparison.Ordinal);

    private void Look(int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            _engine.Watchdog!.Look(new(Tick, TimeSpan.Zero, TimeSpan.Zero));
        }
    }

    /// <summary>A callback of nobody's holds the loop.</summary>
    private async Task HoldAsync()
    {
        var obstacle = NewObstacle();
        _engine.FirstLoop.Scheduler.Post(_ => obstacle.Meet(), null);
        await obstacle.UntilMetAsync(1);
    }

    private Obstacle NewObstacle()
    {
        _obstacles.Add(new());
        return _obstacles[^1];
    }

    private Task<Served> ServeAsync(ListLogger? log = null) =>
        LoopEngines.ServeAsync(_engine, HoldAsync, options: new() { Logger = log ?? new ListLogger() });

    /// <summary>Answers each byte with where it runs: on its loop (L), on the pool (P), or elsewhere (E) than before an await.</summary>
    private async Task HoldAsync(Connection connection, CancellationToken cancellationToken)
    {
        var bytes = new byte[1];
        while (await connection.ReceiveAsync(bytes, cancellationToken) > 0)
        {
            var place = _engine.CurrentLoop;
            switch (bytes[0])
            {
                case (byte)'S':
                    _obstacles[^1].Meet();
                    break;
                case (byte)'T':
                    _time.Advance(Tick);
                    break;
                default:
                    await Task.Yield();
                    break;
            }
            bytes[0] = (byte)(place is null ? 'P' : bytes[0] != 'A' || _engine.CurrentLoop == place ? 'L' : 'E');
            await connection.SendAsync(bytes, cancellationToken);
        }
    }

    private static async Task<char> AskAsync(Socket client, char what = 'A')
    {
        var answer = '?';
        await LoopEngines.RunAsync(() =>
        {
            client.Send([(byte)what]);
            answer = (char)LoopEngines.Receive(client, 1)[0];
        });
        return answer;
    }

    /// <summary>A second more, and the connection is back on its loop. A callback that has sent its answer may still be on its way out when
    /// the clock moves: then it has lasted a second, and the minute begins again.</summary>
    private async Task ComesBackAsync(Socket client)
    {
        _time.Advance(TimeSpan.FromSeconds(2));
        for (var tries = 0; await AskAsync(client) != 'L'; tries++)
        {
            Assert.True(tries < 10, "it does not come back");
            _time.Advance(SleepRecord.Quiet);
        }
    }

    /// <summary>Has the handler sleep while the watchdog looks.</summary>
    /// <returns>Where that was.</returns>
    private async Task<char> SleepAsync(Socket client, int ticks = 2, bool isRunnable = false)
    {
        var obstacle = NewObstacle();
        var answer = AskAsync(client, 'S');
        await obstacle.UntilMetAsync(1);
        for (var i = 0; i < ticks; i++)
        {
            Look();
            _times = _times!.Value with { Ran = _times.Value.Ran + (isRunnable ? Tick : TimeSpan.Zero), IsRunnable = isRunnable };
        }
        obstacle.Remove();
        return await answer.WaitAsync(Cap);
    }
}
