using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Zocalo.Contract.Harness;

/// <summary>Keeps what is logged.</summary>
internal sealed class EventLog : ILogger
{
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly ConcurrentQueue<string> _scopes = [];

    internal IReadOnlyCollection<string> Lines => _lines;

    /// <summary>The scopes that were begun.</summary>
    internal IReadOnlyCollection<string> Scopes => _scopes;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull
    {
        _scopes.Enqueue($"{state}");
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");
}
