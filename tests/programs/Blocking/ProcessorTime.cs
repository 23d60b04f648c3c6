using System.Runtime.InteropServices;

/// <summary>
/// Burns processor time of the calling thread, and nothing else: it looks at the thread's own clock (clock_gettime(2),
/// CLOCK_THREAD_CPUTIME_ID) every few microseconds, so time on the run queue does not count, as it would with a wall clock. It allocates
/// nothing. .NET has no such clock: Environment.CpuUsage is the whole process's.
/// </summary>
internal static partial class ProcessorTime
{
    private const int ThreadClock = 3;      // CLOCK_THREAD_CPUTIME_ID
    private const int StepsBetweenLooks = 2000;

    private static ulong s_noise;           // somebody could read it: the steps are not dead code

    internal static void Burn(TimeSpan time)
    {
        var noise = s_noise;
        for (var end = OfThisThread() + time; OfThisThread() < end;)
        {
            for (var i = 0; i < StepsBetweenLooks; i++)
            {
                noise = (noise * 6364136223846793005) + 1442695040888963407;
            }
        }
        s_noise = noise;
    }

    private static TimeSpan OfThisThread() =>
        clock_gettime(ThreadClock, out var time) == 0
            ? TimeSpan.FromTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / TimeSpan.NanosecondsPerTick))
            : throw new PlatformNotSupportedException("this system has no clock for a thread's processor time");

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out Timespec time);

    private struct Timespec
    {
        internal nint Seconds;
        internal nint Nanoseconds;
    }
}
