namespace Zocalo;

/// <summary>
/// How long the peer of a connection may take. A connection whose peer takes longer is cut and ends with
/// <see cref="EndReason.DeadlineExceeded"/>; <see cref="ConnectionEnd.Deadline"/> says which limit it was. Immutable.
/// </summary>
/// <remarks>
/// A peer is never cut before the time, and at the latest a quarter of it plus one second after it. Time in which this side did not look,
/// because the process was stopped or the machine slept, does not count. Bytes that wait in the system's buffer count as received.
/// <para>Null stands for the default: a server's (<see cref="ServerOptions.Deadlines"/>), or that of clients and of a
/// <see cref="Listener"/>, which is no limit. <see cref="Timeout.InfiniteTimeSpan"/> switches a limit off. From the moment when this side
/// closes the connection, only <see cref="ConnectionOptions.CloseTimeout"/> counts.</para>
/// </remarks>
public sealed record Deadlines
{
    /// <summary>Until the first byte has come from the peer, from the beginning of the connection. No limit unless set.</summary>
    public TimeSpan? FirstByte { get; init => field = Check(value, nameof(FirstByte)); }

    /// <summary>How long nothing may move: no byte comes from the peer, and the peer's system acknowledges none of ours. 10 minutes on
    /// servers unless set. It also ends the connection of a handler that works for so long and sends nothing.</summary>
    public TimeSpan? Idle { get; init => field = Check(value, nameof(Idle)); }

    /// <summary>How long no byte may come from the peer, even if it takes ours. No limit unless set.</summary>
    public TimeSpan? Silence { get; init => field = Check(value, nameof(Silence)); }

    /// <summary>How long the connection may live in all. No limit unless set.</summary>
    public TimeSpan? Lifetime { get; init => field = Check(value, nameof(Lifetime)); }

    /// <summary>
    /// The least bytes a second, on average over <see cref="MinRateGrace"/>, while a message has come in part and the reader waits for the
    /// rest, and while a flush waits for the peer to take bytes. 240 on servers unless set; 0 for no limit.
    /// </summary>
    public int? MinRate
    {
        get;
        init => field = value is null or >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MinRate), value, $"MinRate is {value} bytes a second; it cannot be negative.");
    }

    /// <summary>The time over which <see cref="MinRate"/> is an average, and so the time for which a peer may stop in the middle of a
    /// message: 5 s unless set.</summary>
    public TimeSpan MinRateGrace
    {
        get;
        init => field = value > TimeSpan.Zero
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MinRateGrace), value, $"MinRateGrace is {value}; it must be positive.");
    } = TimeSpan.FromSeconds(5);

    private static TimeSpan? Check(TimeSpan? value, string name) =>
        value is null || value > TimeSpan.Zero || value == Timeout.InfiniteTimeSpan
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be positive, or Timeout.InfiniteTimeSpan.");
}
