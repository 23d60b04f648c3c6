namespace Zocalo.Testing.Simulation;

/// <summary>What a timer takes for a time.</summary>
internal static class TimerTimes
{
    // The limit of the system's timers: code that exceeds it must not pass its tests here.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    internal static void Check(TimeSpan time, string name)
    {
        if (time != Timeout.InfiniteTimeSpan && (time < TimeSpan.Zero || time > Longest))
        {
            throw new ArgumentOutOfRangeException(
                name, time, $"{name} is {time}; it must be Timeout.InfiniteTimeSpan, or between zero and {Longest}.");
        }
    }
}
