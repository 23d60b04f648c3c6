namespace Zocalo.Testing;

/// <summary>The properties of one direction of the link between two hosts. Immutable.</summary>
public sealed record LinkOptions
{
    /// <summary>The default between two hosts.</summary>
    internal static LinkOptions Default { get; } = new()
    {
        Latency = TimeSpan.FromMilliseconds(1),
        Jitter = TimeSpan.FromMilliseconds(0.5),
    };

    /// <summary>Takes no time; the default within one host.</summary>
    public static LinkOptions Instant { get; } = new();

    /// <summary>The least time that a segment travels. Zero unless set.</summary>
    public TimeSpan Latency { get; init => field = NotNegative(value, nameof(Latency)); }

    /// <summary>The most that is added to the latency of a segment; each addition is drawn. The bytes of a connection stay in order. Zero
    /// unless set.</summary>
    public TimeSpan Jitter { get; init => field = NotNegative(value, nameof(Jitter)); }

    /// <summary>Bytes per second that the link carries, for all its connections together. 0, the default, for no limit.</summary>
    public long BytesPerSecond
    {
        get;
        init => field = value >= 0
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(BytesPerSecond), value, $"BytesPerSecond is {value}; it must be positive, or 0 for no limit.");
    }

    /// <summary>The most bytes that wait when more are sent than <see cref="BytesPerSecond"/> allows: 256 KiB unless set, at least 1.
    /// Further segments are lost and sent again later.</summary>
    public int Queue
    {
        get;
        init => field = value >= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Queue), value, $"Queue is {value} bytes; it must be at least 1.");
    } = 256 * 1024;

    /// <summary>The part of the segments that are lost, from 0 to below 1. TCP sends them again: the reader sees a pause of 200 ms, and
    /// twice as long each time a segment is lost again (RFC 6298).</summary>
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
