using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary>
/// What happens while the tool runs, told on standard error: as lines for people (<see cref="TextEvents"/>)
/// or as JSON for programs (<see cref="JsonEvents"/>). One line for a connection's beginning and end, none for its messages.
/// Safe from any thread; never throws.
/// </summary>
internal interface IEvents
{
    /// <summary>What is worth a line; the logger asks before it formats one.</summary>
    Volume Volume { get; }

    void Listening(Address address, Engine engine);

    /// <summary>The limits that a server applies to its connections.</summary>
    void Limits(AppliedLimits limits);

    void Connected(Connection connection, Engine engine, Origin origin);

    void Closed(Connection connection, ConnectionEnd end);

    void Draining(int connections);

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

/// <summary>The limits of an echo server, as they are in force.</summary>
/// <param name="Connections">How many connections at once.</param>
/// <param name="Lowered">Whether that is fewer than was asked for, because of the descriptor limit.</param>
/// <param name="WriteStall">How long a peer may take nothing of what we send.</param>
internal sealed record AppliedLimits(int Connections, bool Lowered, TimeSpan WriteStall);
