namespace Zocalo;

/// <summary>The limits of one connection's messages. Immutable: share one among any number of connections.</summary>
public sealed record MessagingOptions
{
    /// <summary>The defaults. Each call makes a new instance, so code that fills one in (a configuration binder does) changes no
    /// other.</summary>
    public static MessagingOptions Default => new();

    /// <summary>
    /// How many bytes of accepted messages may wait for the kernel to take them: 64 KiB unless set, at least 1. While fewer wait, a message
    /// of any length is accepted. If this is less than <see cref="ConnectionOptions.SendHighWaterMark"/>, that value is used.
    /// </summary>
    public int OutboxCapacity { get; init => field = AtLeastOne(value, nameof(OutboxCapacity)); } = 64 * 1024;

    /// <summary>What a send does when the outbox is full: it waits unless set.</summary>
    public OutboxPolicy WhenOutboxIsFull { get; init; } = OutboxPolicy.Wait;

    /// <summary>How long a request waits for its reply if the call gives no timeout: 30 s unless set,
    /// <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    public TimeSpan RequestTimeout
    {
        get;
        init => field = value > TimeSpan.Zero || value == Timeout.InfiniteTimeSpan
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(RequestTimeout), value, "A request waits for a positive time, or Timeout.InfiniteTimeSpan.");
    } = TimeSpan.FromSeconds(30);

    /// <summary>How long the peer may take from the beginning of the connection until its first whole message has come, while the program
    /// waits for it. Otherwise the connection ends with <see cref="Deadline.FirstMessage"/>. No limit unless set.</summary>
    public TimeSpan FirstMessageTimeout
    {
        get;
        init => field = ConnectionOptions.Positive(value, nameof(FirstMessageTimeout));
    } = Timeout.InfiniteTimeSpan;

    /// <summary>How long one message may take from its first byte to its last, while the program waits for it. Otherwise the connection
    /// ends with <see cref="Deadline.Message"/>. No limit unless set.</summary>
    public TimeSpan MessageTimeout
    {
        get;
        init => field = ConnectionOptions.Positive(value, nameof(MessageTimeout));
    } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// How many requests of one connection may wait for their replies: 65,536 unless set, at least 1. If replies come in the order of the
    /// requests, a request that has timed out counts until its reply comes. A request beyond the limit throws
    /// <see cref="InvalidOperationException"/>.
    /// </summary>
    public int MaxPendingRequests { get; init => field = AtLeastOne(value, nameof(MaxPendingRequests)); } = 65_536;

    /// <summary>
    /// How many messages may wait to be read, in a protocol with replies: 64 unless set, at least 1. At the limit nothing more is received,
    /// replies included, until the program reads a message.
    /// </summary>
    public int InboxCapacity { get; init => field = AtLeastOne(value, nameof(InboxCapacity)); } = 64;

    /// <summary>The defaults for callers that give no options. It is never given to the program.</summary>
    internal static MessagingOptions Shared { get; } = new();

    private static int AtLeastOne(int value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, name);
        return value;
    }
}
