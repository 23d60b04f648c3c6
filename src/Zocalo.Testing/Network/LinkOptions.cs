namespace Zocalo.Testing;

/// <summary>One direction of the way between two hosts. Immutable.</summary>
public sealed record LinkOptions
{
    /// <summary>Between two hosts, unless set: a millisecond, and up to half of one more.</summary>
    public static LinkOptions Default { get; } = new() { Latency = TimeSpan.FromMilliseconds(1), Jitter = TimeSpan.FromMilliseconds(0.5) };

    /// <summary>No time passes on the way, as within one host.</summary>
    public static LinkOptions Instant { get; } = new();

    /// <summary>How long each segment travels, at least. Zero unless set.</summary>
    public TimeSpan Latency { get; init => field = NotNegative(value, nameof(Latency)); }

    /// <summary>How much longer it may travel, each by chance. The bytes of a connection stay in order all the same. Zero unless
    /// set.</summary>
    public TimeSpan Jitter { get; init => field = NotNegative(value, nameof(Jitter)); }

    /// <summary>Bytes a second that the link carries, of all connections together; 0, unless set, for no limit.</summary>
    public long BytesPerSecond
    {
        get;
        init => field = value >= 0
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(BytesPerSecond), value, $"BytesPerSecond is {value}; it must be positive, or 0 for no limit.");
    }

    /// <summary>Bytes that wait for their turn where <see cref="BytesPerSecond"/> is exceeded: 256 KiB unless set, at least 1. What comes
    /// on top is lost, and sent again later.</summary>
    public int Queue
    {
        get;
        init => field = value >= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Queue), value, $"Queue is {value} bytes; it must be at least 1.");
    } = 256 * 1024;

    /// <summary>The part of segments that is lost on the way, from 0 to below 1. TCP sends them again: the reader sees a pause of 200 ms,
    /// and of twice as much each time that a segment is lost again (RFC 6298).</summary>
    public double Loss
    {
        get;
        init => field = value is >= 0 and < 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Loss), value, $"Loss is {value}; it must be from 0 to below 1.");
    }

    internal bool IsInstant => Latency == TimeSpan.Zero && Jitter == TimeSpan.Zero && BytesPerSecond == 0 && Loss == 0;

    private static TimeSpan NotNegative(TimeSpan value, string name) => value >= TimeSpan.Zero
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must not be negative.");
}
