namespace Zocalo.Simulation.Workload;

/// <summary>The options of the workload's programs, and the time limits of operations that follow from them.</summary>
internal static class Promises
{
    internal static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    internal static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);
    internal static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(10);
    internal static readonly TimeSpan KeepAliveTime = TimeSpan.FromSeconds(60);
    internal static readonly TimeSpan WriteStallTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Bytes in each direction that are in flight or wait at the receiver's system.</summary>
    internal const int Window = 16 * 1024;

    /// <summary>Bytes that wait at the sender's system, and those that the connection buffers.</summary>
    private const int Kept = (64 * 1024) + HighWaterMark;

    internal const int HighWaterMark = 16 * 1024;

    /// <summary>After the time that a stop gives handlers, the time for handlers that were cut, as in SocketServer.</summary>
    internal static readonly TimeSpan Stop = DrainTimeout + TimeSpan.FromSeconds(5);

    /// <summary>The time that an operation of a few steps may take longer because steps let others go first: 10 ms each.</summary>
    internal static readonly TimeSpan Yields = TimeSpan.FromMilliseconds(100);

    /// <summary>The slowest reader that can be drawn, in bytes per second (FaultKind.SlowReader).</summary>
    private const int SlowestRead = 1_000;

    /// <summary>The longest stall, the longest closed window, and a segment that is lost as often as possible: 200 ms, then twice as long
    /// each time, eight times.</summary>
    private static readonly TimeSpan HeldUp = TimeSpan.FromSeconds(20 + 20) + TimeSpan.FromMilliseconds(200 * 255);

    /// <summary>Three probes, ten seconds apart.</summary>
    private static readonly TimeSpan Probing = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long one side may work after the other is gone: in the worst case bytes in flight are held and then read slowly; after that
    /// keep-alive or a missing acknowledgement ends the connection.
    /// </summary>
    internal static readonly TimeSpan Aftermath =
        HeldUp + Read(Window + Kept) + (KeepAliveTime > WriteStallTimeout ? KeepAliveTime : WriteStallTimeout) + Probing;

    /// <summary>How long a close takes: it waits while bytes move, and at most twice its timeout after that.</summary>
    internal static readonly TimeSpan Close = HeldUp + Read(Window + Kept) + (2 * CloseTimeout);

    /// <summary>How long a send waits: for the bytes before it, at the slowest rate, and for a peer that is gone.</summary>
    internal static readonly TimeSpan Send = HeldUp + Read(Window + Kept) + WriteStallTimeout;

    /// <summary>Of both sides. A program of the workload never pauses for so long, so only a fault makes a connection exceed one.</summary>
    internal static readonly Deadlines Deadlines = new()
    {
        Idle = TimeSpan.FromSeconds(40),
        FirstByte = TimeSpan.FromSeconds(100),
        MinRate = 100,
        Lifetime = TimeSpan.FromDays(1),
    };

    /// <summary>The time between two messages of a client that reads slowly.</summary>
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
