using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Zocalo.Testing;
using Zocalo.Tests.Testing.Misbehaviour;

namespace Zocalo.Tests.Testing;

public class LeakCheckTests
{
    private readonly LeakCheck _leaks = new();

    [Fact]
    public async Task A_connection_that_was_dropped_is_found_and_named()
    {
        await using var listener = await Listener.ListenAsync("127.0.0.1:0");
        Drop(listener, _leaks);
        var error = await Assert.ThrowsAsync<LeakException>(_leaks.AssertNoneAsync);
        Assert.StartsWith(
            "1 connection was dropped without being closed. Dispose each (await using)", error.Message, StringComparison.Ordinal);
        Assert.Contains("RecordOrigin", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{listener.LocalAddress}", Assert.Single(error.Leaks), StringComparison.Ordinal);
        Assert.Contains($"- {error.Leaks[0]}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_one_of_them_is_named()
    {
        await using var listener = await Listener.ListenAsync("127.0.0.1:0", new() { Backlog = 32 });
        for (var i = 0; i < 20; i++)
        {
            Drop(listener, _leaks);
        }
        var error = await Assert.ThrowsAsync<LeakException>(_leaks.AssertNoneAsync);
        Assert.Equal(20, error.Leaks.Distinct().Count());
        Assert.StartsWith("20 connections were dropped", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_place_where_it_was_made_is_shown_if_it_was_recorded()
    {
        await using var listener = await Listener.ListenAsync("127.0.0.1:0");
        Drop(listener, _leaks, new() { RecordOrigin = true });
        var error = await Assert.ThrowsAsync<LeakException>(_leaks.AssertNoneAsync);
        Assert.Contains($"{nameof(LeakCheckTests)}.{nameof(Drop)}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_accepted_connection_that_was_dropped_is_found()
    {
        await using var listener = await Listener.ListenAsync("127.0.0.1:0", new() { Logger = _leaks });
        await using var client = await Connector.ConnectAsync(listener.LocalAddress);
        DropAccepted(listener);
        Assert.Single((await Assert.ThrowsAsync<LeakException>(_leaks.AssertNoneAsync)).Leaks);
    }

    [Fact]
    public async Task One_that_was_collected_before_is_found_too()
    {
        await using var listener = await Listener.ListenAsync("127.0.0.1:0");
        await CollectedAsync(DropAndTellWhenClosed(listener, _leaks));
        Assert.Single((await Assert.ThrowsAsync<LeakException>(_leaks.AssertNoneAsync)).Leaks);
    }

    [Fact]
    public async Task The_end_of_the_check_fails_as_well()
    {
        await using var listener = await Listener.ListenAsync("127.0.0.1:0");
        await Assert.ThrowsAsync<LeakException>(async () =>
        {
            await using var leaks = new LeakCheck();
            Drop(listener, leaks);
        });
    }

    [Fact]
    public async Task Each_is_reported_once()
    {
        await using var listener = await Listener.ListenAsync("127.0.0.1:0");
        Drop(listener, _leaks);
        await Assert.ThrowsAsync<LeakException>(_leaks.AssertNoneAsync);
        await _leaks.AssertNoneAsync();
        await _leaks.DisposeAsync();
    }

    [Fact]
    public async Task Connections_that_were_closed_aborted_or_served_are_no_leaks()
    {
        await using (var server = await SocketServer.StartAsync(
            "127.0.0.1:0", static (c, ct) => c.Input.CopyToAsync(c.Output, ct), new() { Logger = _leaks }))
        {
            await using (await Connector.ConnectAsync(server.LocalAddress, new() { Logger = _leaks }))
            {
            }
            (await Connector.ConnectAsync(server.LocalAddress, new() { Logger = _leaks })).Abort();
            await (await Connector.ConnectAsync(server.LocalAddress, new() { Logger = _leaks })).CloseAsync();
        }
        await _leaks.AssertNoneAsync();
    }

    [Fact]
    public async Task A_connection_that_is_still_held_is_no_leak()
    {
        await using var listener = await Listener.ListenAsync("127.0.0.1:0");
        var held = await Connector.ConnectAsync(listener.LocalAddress, new() { Logger = _leaks });
        await _leaks.AssertNoneAsync();
        held.Abort();
    }

    [Fact]
    public async Task What_is_dropped_elsewhere_is_not_charged_to_it()
    {
        await using var other = new LeakCheck();
        await using var listener = await Listener.ListenAsync("127.0.0.1:0");
        Drop(listener, _leaks);
        await other.AssertNoneAsync();
        await Assert.ThrowsAsync<LeakException>(_leaks.AssertNoneAsync);
    }

    [Fact]
    public async Task All_events_go_on_to_the_inner_logger_that_wants_them()
    {
        var information = new Lines(LogLevel.Information);
        var all = new Lines(LogLevel.Trace);
        foreach (var lines in new[] { information, all })
        {
            var leaks = new LeakCheck(lines);
            await using (var server = await SocketServer.StartAsync(
                "127.0.0.1:0", static (c, ct) => c.Input.CopyToAsync(c.Output, ct), new() { Logger = leaks }))
            {
                await using var client = await Connector.ConnectAsync(server.LocalAddress);
            }
            await using var listener = await Listener.ListenAsync("127.0.0.1:0");
            Drop(listener, leaks);
            await Assert.ThrowsAsync<LeakException>(leaks.AssertNoneAsync);
            Assert.Contains(lines.Logged, line => line.StartsWith("Information Listening", StringComparison.Ordinal));
            Assert.Contains(lines.Logged, line => line.Contains("dropped", StringComparison.Ordinal));
        }
        Assert.DoesNotContain(information.Logged, line => line.StartsWith("Debug", StringComparison.Ordinal));
        Assert.Contains(all.Logged, line => line.StartsWith("Debug", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_leak_is_found_even_if_the_inner_logger_does_not_want_warnings()
    {
        var lines = new Lines(LogLevel.Error);
        var leaks = new LeakCheck(lines);
        await using var listener = await Listener.ListenAsync("127.0.0.1:0");
        Drop(listener, leaks);
        await Assert.ThrowsAsync<LeakException>(leaks.AssertNoneAsync);
        Assert.Empty(lines.Logged);
    }

    // The methods below hold a connection in their own frame only, so that it is free when they have returned: not inlined, not async.

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(Listener to, ILogger logger, ConnectionOptions? options = null) =>
        Connector.ConnectAsync(
            to.LocalAddress,
            new() { Logger = logger, Connection = options ?? ConnectionOptions.Default }).WaitAsync(Numbers.Cap).GetAwaiter().GetResult();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DropAccepted(Listener listener) => listener.AcceptAsync().WaitAsync(Numbers.Cap).GetAwaiter().GetResult();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task<ConnectionEnd> DropAndTellWhenClosed(Listener to, ILogger logger) =>
        Connector.ConnectAsync(to.LocalAddress, new() { Logger = logger }).WaitAsync(Numbers.Cap).GetAwaiter().GetResult().Closed;

    private static async Task CollectedAsync(Task<ConnectionEnd> closed)
    {
        using var cap = new CancellationTokenSource(Numbers.Cap);
        while (!closed.IsCompleted)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(1, cap.Token);
        }
    }

    private sealed class Lines(LogLevel least) : ILogger
    {
        internal ConcurrentQueue<string> Logged { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Logged.Enqueue($"{logLevel} {formatter(state, exception)}");
    }
}
