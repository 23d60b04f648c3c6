namespace Zocalo;

/// <summary>
/// What this process holds of the system beside files: sockets, pipes, epoll and event descriptors. Files do not count, since the runtime
/// keeps each assembly open that it loads, and loads it when some code first needs it. Linux only; 0 elsewhere.
/// </summary>
internal static class Descriptors
{
    private const string Folder = "/proc/self/fd";

    internal static int Count => Directory.Exists(Folder) ? Directory.EnumerateFileSystemEntries(Folder).Count(IsNoFile) : 0;

    // Null when it was closed meanwhile.
    private static bool IsNoFile(string entry) => new FileInfo(entry).LinkTarget is { } target && !target.StartsWith('/');
}
