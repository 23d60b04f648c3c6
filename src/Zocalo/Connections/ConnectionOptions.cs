using Zocalo.Engines.Sockets;

namespace Zocalo;

/// <summary>The limits of one connection. Immutable: share one among any number of connections.</summary>
public sealed record ConnectionOptions
{
    /// <summary>The defaults. Each call makes a new instance, so code that fills one in (a configuration binder does) changes no
    /// other.</summary>
    public static ConnectionOptions Default => new();

    /// <summary>
    /// Bytes that the reader may leave unconsumed: 2 MiB unless set. When a reader has examined that many and asks for more, the connection
    /// ends with <see cref="EndReason.LimitExceeded"/>. At least 4 KiB.
    /// </summary>
    public int ReceiveLimit { get; init => field = AtLeast(4096, value, nameof(ReceiveLimit)); } = 2 * 1024 * 1024;

    /// <summary>
    /// The memory that the buffers of all connections with this budget may take together: <see cref="BufferBudget.Shared"/> unless set, one
    /// budget for the whole process. <see cref="ReceiveLimit"/> and <see cref="SendHighWaterMark"/> are what one connection may take of it.
    /// </summary>
    public BufferBudget BufferBudget
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(BufferBudget));
    } = BufferBudget.Shared;

    /// <summary>
    /// <c>FlushAsync</c> waits when this number of flushed bytes is not yet taken by the kernel, and completes when half of it is left. 64
    /// KiB unless set; at least 1.
    /// </summary>
    public int SendHighWaterMark { get; init => field = AtLeast(1, value, nameof(SendHighWaterMark)); } = 64 * 1024;

    /// <summary>
    /// How long a close waits without progress before it cuts the connection with <see cref="Deadline.Close"/>: 5 s unless set. Progress is
    /// bytes taken by the kernel, bytes acknowledged by the peer, or a FIN.
    /// </summary>
    public TimeSpan CloseTimeout { get; init => field = Positive(value, nameof(CloseTimeout)); } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long sent bytes may stay unacknowledged, or the peer's window stay shut, before the connection ends with
    /// <see cref="EndReason.Unresponsive"/>: 60 s unless set, <see cref="Timeout.InfiniteTimeSpan"/> for the system's own limit. It also
    /// ends the connection of a peer that is alive and never reads. For TCP on Linux it is the system's (TCP_USER_TIMEOUT, tcp(7), RFC
    /// 5482). Elsewhere the library looks whether anything moves while a send waits; a Unix socket shows its sender nothing before all of
    /// what one send brought is taken.
    /// </summary>
    public TimeSpan WriteStallTimeout { get; init => field = Positive(value, nameof(WriteStallTimeout)); } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Silence after which TCP keep-alive probes begin (every 10 s, three of them): 60 s unless set, <see cref="Timeout.InfiniteTimeSpan"/>
    /// for none. Whole seconds.
    /// </summary>
    public TimeSpan KeepAliveTime { get; init => field = Positive(value, nameof(KeepAliveTime)); } = TimeSpan.FromSeconds(60);

    /// <summary>Whether each connection remembers where it was made, so that the log can show this if it is dropped without being closed.
    /// Costs a stack trace for each connection; false unless set.</summary>
    public bool RecordOrigin { get; init; }

    /// <summary>
    /// The size of the kernel's buffer for what we send, in bytes (SO_SNDBUF, socket(7)); null, the default, leaves it to the system, which
    /// lets it grow as the connection needs it (tcp_wmem, tcp(7)). The system may give another size: Linux doubles it for its own use, and
    /// has a limit (net.core.wmem_max). At least 4 KiB.
    /// </summary>
    public int? SendBufferSize { get; init => field = AtLeastOrNull(4096, value, nameof(SendBufferSize)); }

    /// <summary>
    /// The size of the kernel's buffer for what has come and was not received yet, in bytes (SO_RCVBUF, socket(7)); null, the default,
    /// leaves it to the system, which lets it grow as the connection needs it (tcp_rmem, tcp(7)). It limits what a peer can send to a
    /// program that does not read. The system may give another size, as with <see cref="SendBufferSize"/> (net.core.rmem_max). At least 4
    /// KiB.
    /// </summary>
    public int? ReceiveBufferSize { get; init => field = AtLeastOrNull(4096, value, nameof(ReceiveBufferSize)); }

    internal SocketSettings SocketSettings => new(KeepAliveTime, WriteStallTimeout)
    {
        SendBufferSize = SendBufferSize,
        ReceiveBufferSize = ReceiveBufferSize,
    };

    /// <summary>The caller's stack, if connections are to remember it. Must be called before the first await.</summary>
    internal string? CaptureOrigin() => RecordOrigin ? Environment.StackTrace : null;

    private static int AtLeast(int least, int value, string name) => value >= least
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value} bytes; it must be at least {least}.");

    private static int? AtLeastOrNull(int least, int? value, string name) => value is { } size ? AtLeast(least, size, name) : null;

    internal static TimeSpan Positive(TimeSpan value, string name) => value > TimeSpan.Zero || value == Timeout.InfiniteTimeSpan
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be positive, or Timeout.InfiniteTimeSpan.");
}
