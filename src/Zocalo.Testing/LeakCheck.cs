using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Zocalo.Telemetry;

namespace Zocalo.Testing;

/// <summary>
/// Finds connections that were dropped without being closed, on any engine. Pass it as the logger of the code under test
/// (<see cref="ServerOptions.Logger"/>, <see cref="ListenOptions.Logger"/>, <see cref="ConnectOptions.Logger"/>) and end the test with it:
/// <code>
/// await using var leaks = new LeakCheck();
/// await RunAsync(new ConnectOptions { Logger = leaks });
/// </code>
/// </summary>
/// <remarks>
/// It finds connections that no code refers to any more. The variables of a method refer to their objects while it runs (in a Debug build
/// all of them, to its end), so put the code under test into a method of its own, as above. It sees only the connections that log to it, so
/// other tests may run at the same time; but it forces garbage collections of the process, which cost some milliseconds. In a simulation,
/// use <see cref="SimulatedNetwork.CheckNothingLeaks"/> instead. Thread-safe.
/// </remarks>
/// <param name="inner">The logger that gets all events too; none unless given.</param>
public sealed class LeakCheck(ILogger? inner = null) : ILogger, IAsyncDisposable
{
    private const int MostRounds = 10;
    private static readonly TimeSpan RoundTime = TimeSpan.FromMilliseconds(50);

    private readonly ILogger _inner = inner ?? NullLogger.Instance;
    private readonly ConcurrentDictionary<object, bool> _open = [];
    private readonly ConcurrentQueue<string> _leaks = [];

    /// <summary>
    /// Runs the garbage collector, and fails if this or an earlier collection has found dropped connections. Each is reported once. While
    /// connections are open it tries again, for about a second: the report of a dropped one may not have arrived yet.
    /// </summary>
    /// <exception cref="LeakException">Connections were dropped; the message names each.</exception>
    public async Task AssertNoneAsync()
    {
        for (var round = 0; round < MostRounds && !_open.IsEmpty; round++)
        {
            Finalizers.Run();
            // A report comes through the thread pool, which cannot be waited for. The system's clock, because the collector and the pool
            // use no other.
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

    /// <summary>Calls <see cref="AssertNoneAsync"/>. Declare it first in its method, so that it is disposed last.</summary>
    /// <exception cref="LeakException">Connections were dropped. It replaces an exception that is leaving the method.</exception>
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
                _open.TryRemove(IdIn(state), out _);        // last: when no connection is open, its leak has been stored
                break;
        }
        if (_inner.IsEnabled(logLevel))
        {
            _inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }

    /// <summary>The levels of the events above, and those of the inner logger.</summary>
    bool ILogger.IsEnabled(LogLevel logLevel) => logLevel is LogLevel.Debug or LogLevel.Warning || _inner.IsEnabled(logLevel);

    IDisposable? ILogger.BeginScope<TState>(TState state) => _inner.BeginScope(state);

    private static object IdIn<TState>(TState state) =>
        (state as IEnumerable<KeyValuePair<string, object?>>)?.FirstOrDefault(static value => value.Key == "Id").Value ?? "";
}
