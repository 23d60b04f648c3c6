using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Zocalo.Telemetry;

namespace Zocalo.Testing;

/// <summary>
/// Finds connections that were dropped without being closed, on any engine. Give it as the logger of what is tested
/// (<see cref="ServerOptions.Logger"/>, <see cref="ListenOptions.Logger"/>, <see cref="ConnectOptions.Logger"/>) and end the test with it:
/// <code>
/// await using var leaks = new LeakCheck();
/// await RunAsync(new ConnectOptions { Logger = leaks });
/// </code>
/// </summary>
/// <remarks>
/// It sees what was dropped, and nothing that is still held: the variables of a method hold their objects while it runs (in a Debug build
/// all of them, to its end), so what is tested belongs in a method of its own, as above. It sees its own connections only, so tests that
/// run beside it do not disturb it; but it forces the process's garbage collector, which costs some milliseconds. In a simulation ask the
/// simulated network instead. Thread-safe.
/// </remarks>
/// <param name="inner">Where all events go on to; nowhere unless given.</param>
public sealed class LeakCheck(ILogger? inner = null) : ILogger, IAsyncDisposable
{
    private const int MostRounds = 10;
    private static readonly TimeSpan RoundTime = TimeSpan.FromMilliseconds(50);

    private readonly ILogger _inner = inner ?? NullLogger.Instance;
    private readonly ConcurrentDictionary<object, bool> _open = [];
    private readonly ConcurrentQueue<string> _leaks = [];

    /// <summary>
    /// Has the collector look for dropped connections, and fails if it, or an earlier collection, found any. Each is reported once. While
    /// connections are still open it looks again, for a second or so: the report of one that was dropped may be under way.
    /// </summary>
    /// <exception cref="LeakException">Connections were dropped; the message names each.</exception>
    public async Task AssertNoneAsync()
    {
        for (var round = 0; round < MostRounds && !_open.IsEmpty; round++)
        {
            Finalizers.Run();
            // A report comes by way of the thread pool, and nothing tells when that is done with it. The system's clock: the collector and
            // the pool know no other.
            await Task.Delay(RoundTime, TimeProvider.System);
        }
        var leaks = new List<string>();
        while (_leaks.TryDequeue(out var leak))
        {
            leaks.Add(leak);
        }
        if (leaks.Count > 0)
        {
            throw new LeakException(leaks);
        }
    }

    /// <summary>The same as <see cref="AssertNoneAsync"/>. Declare it first in its method, so that it comes after everything else was
    /// disposed.</summary>
    /// <exception cref="LeakException">Connections were dropped. It takes the place of an exception that was on its way out of the
    /// method.</exception>
    public ValueTask DisposeAsync() => new(AssertNoneAsync());

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        switch (eventId.Name)
        {
            case nameof(Log.Accepted) or nameof(Log.Connected):
                _open[IdIn(state)] = true;
                break;
            case nameof(Log.ConnectionClosed):
                _open.TryRemove(IdIn(state), out _);
                break;
            case nameof(Log.ConnectionLeaked):
                _leaks.Enqueue(formatter(state, exception));
                _open.TryRemove(IdIn(state), out _);        // last: whoever finds none open finds the leak
                break;
        }
        if (_inner.IsEnabled(logLevel))
        {
            _inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }

    /// <summary>The levels of the events above, and what the inner logger wants.</summary>
    bool ILogger.IsEnabled(LogLevel logLevel) => logLevel is LogLevel.Debug or LogLevel.Warning || _inner.IsEnabled(logLevel);

    IDisposable? ILogger.BeginScope<TState>(TState state) => _inner.BeginScope(state);

    private static object IdIn<TState>(TState state) =>
        (state as IEnumerable<KeyValuePair<string, object?>>)?.FirstOrDefault(static value => value.Key == "Id").Value ?? "";
}
