namespace Zocalo.Simulation.Workload;

/// <summary>The options of the workload's programs, and what follows from them: by when each operation has to have ended.</summary>
internal static class Promises
{
    internal static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    internal static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);
    internal static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(10);
    internal static readonly TimeSpan KeepAliveTime = TimeSpan.FromSeconds(60);
    internal static readonly TimeSpan WriteStallTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Bytes in each direction that are under way or wait at the receiver's system.</summary>
    internal const int Window = 16 * 1024;

    /// <summary>Bytes that wait at the sender's system, and those that the connection keeps besides.</summary>
    private const int Kept = (64 * 1024) + HighWaterMark;

    internal const int HighWaterMark = 16 * 1024;

    /// <summary>After the stop's patience with handlers, that with handlers which were cut: SocketServer's own.</summary>
    internal static readonly TimeSpan Stop = DrainTimeout + TimeSpan.FromSeconds(5);

    /// <summary>What an operation, of a few steps, may take longer because these let others go first: 10 ms each.</summary>
    internal static readonly TimeSpan Yields = TimeSpan.FromMilliseconds(100);

    /// <summary>The slowest reader that is drawn, in bytes a second (FaultKind.SlowReader).</summary>
    private const int SlowestRead = 1_000;

    /// <summary>A stall and a shut window, each as long as they are drawn at most, and a segment that is lost as often as the link allows:
    /// 200 ms, then twice as much each time, eight times.</summary>
    private static readonly TimeSpan HeldUp = TimeSpan.FromSeconds(20 + 20) + TimeSpan.FromMilliseconds(200 * 255);

    /// <summary>Three probes, ten seconds apart.</summary>
    private static readonly TimeSpan Probing = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long one side may be at it when the other is gone: what is still on its way is held up, then read slowly, at the worst; then
    /// keep-alive finds the silence, or what is sent is not acknowledged.
    /// </summary>
    internal static readonly TimeSpan Aftermath =
        HeldUp + Read(Window + Kept) + (KeepAliveTime > WriteStallTimeout ? KeepAliveTime : WriteStallTimeout) + Probing;

    /// <summary>How long a close takes: while something moves it waits, and twice its timeout, at most, after nothing does any
    /// more.</summary>
    internal static readonly TimeSpan Close = HeldUp + Read(Window + Kept) + (2 * CloseTimeout);

    /// <summary>How long a send waits: for what lies before it, at the slowest, and for a peer that has died in silence.</summary>
    internal static readonly TimeSpan Send = HeldUp + Read(Window + Kept) + WriteStallTimeout;

    /// <summary>Of a client that reads slowly, between two messages.</summary>
    internal static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(6);

    internal static readonly ConnectionOptions Connection = new()
    {
        CloseTimeout = CloseTimeout,
        KeepAliveTime = KeepAliveTime,
        WriteStallTimeout = WriteStallTimeout,
        SendHighWaterMark = HighWaterMark,
    };

    private static TimeSpan Read(int bytes) => TimeSpan.FromSeconds((double)bytes / SlowestRead);
}
