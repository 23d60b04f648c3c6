namespace Zocalo.Engines.Loops.Takeover;

/// <summary>
/// What is known of a connection whose code has made its thread sleep: whether it has to leave its loop for the thread pool, and when it
/// may come back. Most connections have none.
/// </summary>
/// <param name="clock">The engine's.</param>
internal sealed class SleepRecord(TimeProvider clock)
{
    /// <summary>After this time without a callback that lasts, the connection comes back to its loop.</summary>
    internal static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    // Three sleeps in this time are too many.
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(1);

    // On the thread pool nobody looks whether a callback sleeps or computes; such a one may not come back.
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(2);

    private long? _before;      // timestamps of the last two sleeps on the loop; the watchdog's alone
    private long? _last;
    private long _lastLong = clock.GetTimestamp();

    /// <summary>A callback sleeps on the loop. Called by the watchdog.</summary>
    /// <returns>Whether it is the third one in a second.</returns>
    internal bool Add()
    {
        var now = clock.GetTimestamp();
        var isThird = _before is { } before && clock.GetElapsedTime(before, now) <= Span;
        (_before, _last) = isThird ? (null, null) : (_last, (long?)now);
        return isThird;
    }

    /// <summary>The connection leaves its loop now.</summary>
    internal void Leave() => Volatile.Write(ref _lastLong, clock.GetTimestamp());

    /// <summary>Whether it may come back. From any thread.</summary>
    internal bool IsOver() => clock.GetElapsedTime(Volatile.Read(ref _lastLong)) >= Quiet;

    /// <summary>Runs a callback of the connection, on the thread pool.</summary>
    internal void Run(in WorkItem item)
    {
        var began = clock.GetTimestamp();
        try
        {
            item.RunWithoutContext();
        }
        finally
        {
            if (clock.GetElapsedTime(began) >= Long)
            {
                Leave();
            }
        }
    }
}
