using System.Diagnostics;

namespace Zocalo;

/// <summary>
/// What this process holds of the system beside files: sockets, pipes, epoll and event descriptors. Files do not count, since the runtime
/// keeps each assembly open that it loads, and loads it when some code first needs it. Linux only; 0 elsewhere.
/// </summary>
internal static class Descriptors
{
    private const string Folder = "/proc/self/fd";

    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Cap = TimeSpan.FromMinutes(1);

    internal static int Count => Directory.Exists(Folder) ? Directory.EnumerateFileSystemEntries(Folder).Count(IsNoFile) : 0;

    /// <summary>The count, once it has been the same for a while: what an earlier test let go of may still be on its way.</summary>
    internal static int SettledCount()
    {
        var started = Stopwatch.GetTimestamp();
        var (count, since) = (Count, started);
        while (Stopwatch.GetElapsedTime(since) < Quiet && Stopwatch.GetElapsedTime(started) < Cap)
        {
            Thread.Sleep(10);
            (count, since) = Count is var now && now == count ? (count, since) : (now, Stopwatch.GetTimestamp());
        }
        return count;
    }

    // Null when it was closed meanwhile.
    private static bool IsNoFile(string entry) => new FileInfo(entry).LinkTarget is { } target && !target.StartsWith('/');
}
