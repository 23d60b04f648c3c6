using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary>
/// What happens while the tool runs, reported on standard error: as lines for people (<see cref="TextEvents"/>)
/// or as JSON for programs (<see cref="JsonEvents"/>). One line for a connection's beginning and end, none for its messages unless asked.
/// Safe from any thread; never throws, and does not wait for a reader (<see cref="EventOutput"/>).
/// </summary>
/// <param name="volume">How much to say.</param>
/// <param name="whenFull">What to do when events come faster than they are read.</param>
internal abstract class Events(Volume volume, WhenFull whenFull)
{
    protected EventOutput Output { get; } = EventOutput.Standard;

    /// <summary>What is worth a line; the logger asks before it formats one.</summary>
    public Volume Volume => volume;

    public abstract void Listening(Address address, Engine engine);

    /// <summary>The limits that a server applies to its connections; for people with <c>-v</c> only.</summary>
    /// <param name="server">How many connections at once, and why.</param>
    /// <param name="writeStall">How long a peer may take nothing of what we send.</param>
    /// <param name="messages">The format of its messages, with the longest; null for bytes.</param>
    public abstract void Limits(SocketServer server, TimeSpan writeStall, FrameFormat? messages);

    public abstract void Connected(Connection connection, Engine engine, Origin origin);

    public abstract void Closed(Connection connection, ConnectionEnd end);

    /// <summary>A message that came or went; reported with <c>-v</c> only, for there may be millions.</summary>
    public abstract void Frame(FrameEvent frame);

    /// <summary>A server stops, and lets its clients finish.</summary>
    public abstract void Draining(int connections, TimeSpan limit);

    public abstract void Log(LogLevel level, string message);

    /// <summary>The line that explains an exit code other than 0.</summary>
    /// <returns>That code.</returns>
    public int Fail(ToolException failure)
    {
        Error(failure.Message, failure.ExitCode, failure.SocketError);
        return failure.ExitCode;
    }

    /// <summary>Runs the work of a command; what it throws becomes one line and an exit code.</summary>
    public async Task<int> GuardAsync(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (BrokenPipeException)
        {
            return ExitCode.Done;
        }
        catch (Exception failure)
        {
            return Fail(ExitSummary.Of(failure));
        }
    }

    protected abstract void Error(string message, int exitCode, SocketError? cause);

    /// <summary>The line that says how many were left out.</summary>
    protected abstract byte[] LeftOut(long count);

    protected void Write(byte[] line, bool isError)
    {
        if (isError)
        {
            Output.AddError(line, LeftOut);
        }
        else
        {
            Output.Add(line, LeftOut, whenFull);
        }
    }
}

/// <summary>How much a person wants to read.</summary>
internal enum Volume
{
    /// <summary><c>-q</c>: errors only.</summary>
    Quiet,

    /// <summary>Neither: what the command reports by default.</summary>
    Normal,

    /// <summary><c>-v</c>: connections too, where they are not reported by default, and the library's informative log.</summary>
    Verbose,
}

/// <summary>Who opened a connection.</summary>
internal enum Origin
{
    /// <summary>We connected.</summary>
    Ours,

    /// <summary>We accepted.</summary>
    Peers,
}

/// <summary>A message in a frame.</summary>
/// <param name="Number">From 1 on, for each direction.</param>
/// <param name="Bytes">Of its payload.</param>
/// <param name="Offset">Where it begins in the input, in bytes, when it was found in a file.</param>
/// <param name="Connection">The connection, when there is one: its number and the peer's name.</param>
/// <param name="IsSent">Whether we sent it.</param>
/// <param name="Time">When it was sent or had come, when there is a connection.</param>
internal sealed record FrameEvent(
    long Number,
    int Bytes,
    long? Offset = null,
    (long Id, string Peer)? Connection = null,
    bool IsSent = false,
    DateTimeOffset Time = default);

/// <summary>The messages of one connection, counted, and reported with <c>-v</c>. One caller at a time in each direction.</summary>
internal sealed class FrameReport(Events events, Connection connection)
{
    private long _received;
    private long _sent;

    public void Received(int bytes) => Report(++_received, bytes, isSent: false);

    public void Sent(int bytes) => Report(++_sent, bytes, isSent: true);

    private void Report(long number, int bytes, bool isSent)
    {
        if (events.Volume == Volume.Verbose)
        {
            var peer = (connection.Id, PeerName.Of(connection));
            events.Frame(new FrameEvent(number, bytes, null, peer, isSent, TimeProvider.System.GetLocalNow()));
        }
    }
}

/// <summary>The library's log, passed on as events: warnings and errors, with <c>-v</c> also what informs, with <c>-q</c> errors
/// only.</summary>
/// <param name="events">Where it goes.</param>
/// <param name="expected">The names of events that are left out: the command causes them itself, or reports them in its own
/// words.</param>
internal sealed class EventLogger(Events events, params string[] expected) : ILogger
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
        // The commands report each connection's end themselves.
        if (IsEnabled(logLevel) && eventId.Name != "EndedAbnormally" && !expected.Contains(eventId.Name))
        {
            var message = WithUnits(formatter(state, exception), state);
            events.Log(logLevel, exception is null ? message : $"{message} ({exception.GetType().Name}: {exception.Message})");
        }
    }

    // The library's times are values; .NET writes them as 00:00:01.
    private static string WithUnits(string message, object? state) => state is not IReadOnlyList<KeyValuePair<string, object?>> values
        ? message
        : values.Select(pair => pair.Value).OfType<TimeSpan>().Aggregate(
            message, (text, time) => text.Replace(time.ToString(), Duration.Format(time), StringComparison.Ordinal));
}
