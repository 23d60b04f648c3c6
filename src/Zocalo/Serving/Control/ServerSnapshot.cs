using Zocalo.Telemetry;

namespace Zocalo.Serving;

/// <summary>What a connection is doing, as far as that can be seen from outside.</summary>
internal enum ConnectionState
{
    /// <summary>It was accepted, and its handler has not begun.</summary>
    Queued,

    /// <summary>Its handler waits for bytes of the peer.</summary>
    Reading,

    /// <summary>Its handler waits for the peer to take bytes, or bytes wait to be sent.</summary>
    Sending,

    /// <summary>Its handler does something else.</summary>
    Working,

    /// <summary>It is being closed, or has broken or ended, and its handler has not returned.</summary>
    Closing,
}

/// <summary>What a server is doing at one moment.</summary>
/// <param name="At">When, by the server's clock, since it began.</param>
/// <param name="States">How many connections are in each <see cref="ConnectionState"/>, in the order of its members.</param>
/// <param name="Oldest">The age of the oldest connection; null if there is none.</param>
/// <param name="Accepted">Connections that were accepted since the server began.</param>
/// <param name="Ended">How many of them have ended, by <see cref="ServedTotals.Reasons"/>.</param>
/// <param name="Rejected">Connections that a limit refused.</param>
/// <param name="Bytes">Of all connections since the server began.</param>
/// <param name="Rescues">How often a handler blocked its loop.</param>
/// <param name="IsDraining">The server stops.</param>
/// <param name="Peers">The slowest, the slowest first.</param>
internal sealed record ServerSnapshot(
    TimeSpan At,
    int[] States,
    TimeSpan? Oldest,
    long Accepted,
    long[] Ended,
    long Rejected,
    Traffic Bytes,
    int Rescues,
    bool IsDraining,
    IReadOnlyList<PeerSnapshot> Peers);

/// <summary>One connection at that moment.</summary>
/// <param name="Id">Its number in the log.</param>
/// <param name="Address">The peer's.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Age">Since it was accepted.</param>
/// <param name="Bytes">Its bytes.</param>
internal readonly record struct PeerSnapshot(long Id, Address Address, ConnectionState State, TimeSpan Age, Traffic Bytes);
