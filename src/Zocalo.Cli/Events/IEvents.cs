using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary>
/// What happens while the tool runs, told on standard error: as lines for people (<see cref="TextEvents"/>)
/// or as JSON for programs (<see cref="JsonEvents"/>). One line for a connection's beginning and end, none for its messages unless asked.
/// Safe from any thread; never throws, and does not wait for a reader (<see cref="EventOutput"/>).
/// </summary>
internal interface IEvents
{
    /// <summary>What is worth a line; the logger asks before it formats one.</summary>
    Volume Volume { get; }

    void Listening(Address address, Engine engine);

    /// <summary>The limits that a server applies to its connections; for people with <c>-v</c> only.</summary>
    void Limits(AppliedLimits limits);

    void Connected(Connection connection, Engine engine, Origin origin);

    void Closed(Connection connection, ConnectionEnd end);

    /// <summary>A message that came or went; told with <c>-v</c> only, for there may be millions.</summary>
    void Frame(FrameNews frame);

    /// <summary>A server stops, and lets its clients finish.</summary>
    void Draining(int connections, TimeSpan limit);

    void Log(LogLevel level, string message);

    /// <summary>The line that explains an exit code other than 0.</summary>
    void Error(string message, int exitCode, SocketError? cause = null);
}

/// <summary>How much a person wants to read.</summary>
internal enum Volume
{
    /// <summary><c>-q</c>: errors only.</summary>
    Quiet,

    /// <summary>Nothing said: what the command considers news.</summary>
    Normal,

    /// <summary><c>-v</c>: connections too, where they are not news anyway, and the library's informative log.</summary>
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
internal sealed record FrameNews(long Number, int Bytes)
{
    /// <summary>Where it begins in the input, in bytes, when it was found in a file.</summary>
    public long? Offset { get; init; }

    /// <summary>The connection, when there is one: its number and the peer's name.</summary>
    public (long Id, string Peer)? Connection { get; init; }

    /// <summary>Whether we sent it.</summary>
    public bool IsSent { get; init; }

    /// <summary>When it was sent or had come, when there is a connection.</summary>
    public DateTimeOffset Time { get; init; }
}

/// <summary>The limits of an echo server, as they are in force.</summary>
/// <param name="Connections">How many connections at once.</param>
/// <param name="LimitedBy">What decided that number.</param>
/// <param name="Engine">The engine that serves them.</param>
/// <param name="WriteStall">How long a peer may take nothing of what we send.</param>
/// <param name="Messages">The format of its messages, with the longest; null for bytes.</param>
internal sealed record AppliedLimits(int Connections, ConnectionLimit LimitedBy, Engine Engine, TimeSpan WriteStall, FrameFormat? Messages);
