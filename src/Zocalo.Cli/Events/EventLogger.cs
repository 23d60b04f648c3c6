using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary>The library's log, passed on as events: warnings and errors, with <c>-v</c> also what informs, with <c>-q</c> errors
/// only.</summary>
/// <param name="events">Where it goes.</param>
/// <param name="expected">The names of events that are no news: the command brings them about itself, or tells of them in its own
/// words.</param>
internal sealed class EventLogger(IEvents events, params string[] expected) : ILogger
{
    private readonly LogLevel _least = events.Volume switch
    {
        Volume.Quiet => LogLevel.Error,
        Volume.Verbose => LogLevel.Information,
        _ => LogLevel.Warning,
    };

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= _least && logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        // Of each connection's end the commands tell themselves.
        if (IsEnabled(logLevel) && eventId.Name != "EndedAbnormally" && !expected.Contains(eventId.Name))
        {
            string message = WithUnits(formatter(state, exception), state);
            events.Log(logLevel, exception is null ? message : $"{message} ({exception.GetType().Name}: {exception.Message})");
        }
    }

    // The library's times are values; .NET writes them as 00:00:01.
    private static string WithUnits(string message, object? state) => state is not IReadOnlyList<KeyValuePair<string, object?>> values
        ? message
        : values.Select(pair => pair.Value).OfType<TimeSpan>().Aggregate(
            message, (text, time) => text.Replace(time.ToString(), Duration.Format(time), StringComparison.Ordinal));
}
