using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

/// <summary>Counts what the server logs, by the event's name; what was logged as an error is shown.</summary>
internal sealed class EventCounter : ILogger
{
    public ConcurrentDictionary<string, int> Counts { get; } = new();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Counts.AddOrUpdate(eventId.Name ?? "?", 1, static (_, count) => count + 1);
        if (logLevel >= LogLevel.Error)
        {
            Console.Error.WriteLine($"{formatter(state, exception)} {exception}");
        }
    }
}
