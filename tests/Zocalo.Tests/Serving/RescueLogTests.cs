using Zocalo.Engines.Loops.Takeover;
using Zocalo.Serving;
using Zocalo.Telemetry;
using Zocalo.Testing;
using Zocalo.Tests.Engines.Loops;
using Zocalo.Tests.Engines.Loops.Takeover;

namespace Zocalo.Tests.Serving;

/// <summary>
/// What the log says of handlers that held up their event loops: whose they are, as often as it helps, and how many more there were.
/// </summary>
public sealed class RescueLogTests
{
    private const string Held = "The handler Orders.ServeAsync held up its event loop";

    private readonly ListLogger _log = new();
    private readonly FakeTime _time = new();

    [Fact]
    public void Rescues_are_told_each_time_up_to_the_limit_and_the_rest_is_counted_and_told()
    {
        var rescues = new RescueLog("Orders.ServeAsync", _log, _time);
        for (var id = 1; id <= RescueLog.MostWarnings + 3; id++)
        {
            rescues.OnRescued(id, threadsLeft: 9);
        }
        Assert.Equal(RescueLog.MostWarnings, _log.Lines.Count());
        Assert.All(_log.Lines, line => Assert.StartsWith(Held, line, StringComparison.Ordinal));
        Assert.Contains("connection 5 runs", _log.Lines.Last(), StringComparison.Ordinal);
        _time.Advance(RescueLog.Interval);
        Assert.Equal(RescueLog.MostWarnings + 1, _log.Lines.Count());
        Assert.Equal($"{Held} 3 times more that were not told one by one, 8 times in all.", _log.Lines.Last());
        Assert.Equal(8, rescues.Count);
    }

    [Fact]
    public void A_first_warning_does_not_silence_the_next_ones()
    {
        var rescues = new RescueLog("Orders.ServeAsync", _log, _time);
        for (var id = 1; id <= 3; id++)
        {
            rescues.OnRescued(id, threadsLeft: 9);
            Assert.Equal(id, _log.Lines.Count());
            _time.Advance(TimeSpan.FromHours(1));
        }
        Assert.Equal(3, _log.Lines.Count());
        Assert.Equal(0, _time.PendingTimers);
    }

    [Fact]
    public void A_server_that_stops_tells_what_has_not_been_told()
    {
        var rescues = new RescueLog("Orders.ServeAsync", _log, _time);
        for (var id = 1; id <= RescueLog.MostWarnings + 1; id++)
        {
            rescues.OnRescued(id, threadsLeft: 9);
        }
        rescues.Stop();
        Assert.Contains("1 times more", _log.Lines.Last(), StringComparison.Ordinal);
        Assert.Equal(0, _time.PendingTimers);
    }

    [Fact]
    public void The_limit_of_threads_is_named_once_in_an_interval()
    {
        var rescues = new RescueLog("Orders.ServeAsync", _log, _time);
        rescues.OnRescued(1, threadsLeft: 0);
        rescues.OnRescued(2, threadsLeft: 0);
        var limit = $"({LoopThreads.MostBlocked}, or all that the system gives)";
        Assert.Single(_log.Lines, line => line.Contains(limit, StringComparison.Ordinal));
    }

    /// <summary>
    /// The whole way, for a handler of connections and one of messages: each blocks, its loop is taken over, and it is named.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_handler_is_named_as_its_author_named_it(bool framed)
    {
        Assert.SkipUnless(LoopEngines.IsLinux, "Linux's calls.");
        using var obstacle = new Obstacle();
        var engine = LoopEngines.Make("epoll", rescue: true, watchdog: LoopEngines.Unhurried);
        var options = new ServerOptions { Engine = engine, Logger = _log };
        Task ServeBytesAsync(Connection connection, CancellationToken aborted)
        {
            obstacle.Meet();
            return Task.CompletedTask;
        }
        Task ServeFramesAsync(FramedConnection<Frame, Frame> peer, CancellationToken aborted)
        {
            obstacle.Meet();
            return Task.CompletedTask;
        }
        await using var server = framed
            ? await SocketServer.StartAsync("127.0.0.1:0", Frames.Lines(), ServeFramesAsync, options).WaitAsync(LoopEngines.Cap)
            : await SocketServer.StartAsync("127.0.0.1:0", ServeBytesAsync, options).WaitAsync(LoopEngines.Cap);
        using var client = LoopEngines.Connect(server.LocalAddress);
        await obstacle.UntilMetAsync(1);
        for (var i = 0; i < 3; i++)
        {
            engine.Watchdog!.Tick();
        }
        obstacle.Remove();
        var local = framed ? nameof(ServeFramesAsync) : nameof(ServeBytesAsync);
        var name = $"{local} in {nameof(RescueLogTests)}.{nameof(The_handler_is_named_as_its_author_named_it)}";
        Assert.Contains(_log.Lines, line => line.StartsWith($"The handler {name} held up its event loop", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_that_the_compiler_made_are_not_shown()
    {
        var captured = 1;
        Assert.Equal("RescueLogTests.Method", HandlerName.Of(Method));
        Assert.Equal("a lambda in RescueLogTests.Names_that_the_compiler_made_are_not_shown", HandlerName.Of(() => { }));
        Assert.Equal("a lambda in RescueLogTests.Names_that_the_compiler_made_are_not_shown", HandlerName.Of(() => captured++));
        Assert.Equal("Generic.Method", HandlerName.Of(new Generic<int>().Method));
        Assert.Equal("a lambda in Generic.Lambda", HandlerName.Of(new Generic<int>().Lambda()));
    }

    private static void Method()
    {
    }

    private sealed class Generic<T>
    {
        internal void Method() => _ = this;

        internal Action Lambda() => () => Method();
    }
}
