namespace Zocalo;

/// <summary>The limits of one connection's messages. Immutable: share one among any number of connections.</summary>
public sealed record MessagingOptions
{
    /// <summary>The defaults: a new instance at each call: whoever fills it in (a configuration binder does) changes no other.</summary>
    public static MessagingOptions Default => new();

    /// <summary>
    /// Bytes of accepted messages that may wait for the kernel to take them, 64 KiB unless set; a message is accepted while fewer wait,
    /// whatever its own length. Less than <see cref="ConnectionOptions.SendHighWaterMark"/> counts as that. At least 1.
    /// </summary>
    public int OutboxCapacity { get; init => field = AtLeastOne(value, nameof(OutboxCapacity)); } = 64 * 1024;

    /// <summary>What a send does when the outbox is full: it waits unless set.</summary>
    public OutboxPolicy WhenOutboxIsFull { get; init; } = OutboxPolicy.Wait;

    /// <summary>How long a request waits for its reply unless the call says: 30 s, or <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public TimeSpan RequestTimeout
    {
        get;
        init => field = value > TimeSpan.Zero || value == Timeout.InfiniteTimeSpan
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(RequestTimeout), value, "A request waits for a positive time, or Timeout.InfiniteTimeSpan.");
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Requests of one connection that may wait for their replies, 65,536 unless set; in order, those that gave up count until their reply
    /// comes. One more is refused with <see cref="InvalidOperationException"/>. At least 1.
    /// </summary>
    public int MaxPendingRequests { get; init => field = AtLeastOne(value, nameof(MaxPendingRequests)); } = 65_536;

    /// <summary>
    /// Messages that wait to be read while requests are matched with replies, 64 unless set. When as many wait nothing more is received,
    /// replies neither: somebody must read. At least 1.
    /// </summary>
    public int InboxCapacity { get; init => field = AtLeastOne(value, nameof(InboxCapacity)); } = 64;

    /// <summary>The defaults of whoever gives none; nothing hands it out.</summary>
    internal static MessagingOptions Shared { get; } = new();

    private static int AtLeastOne(int value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, name);
        return value;
    }
}
