using System.Runtime.InteropServices;

namespace Zocalo.Engines.System;

/// <summary>
/// The right to replace a file in a directory, had by one at a time: flock(2) on the directory itself, which reaches over processes and
/// namespaces, ends with its holder and leaves no file. Elsewhere than on Linux there is none.
/// </summary>
internal sealed partial class DirectoryLock : IDisposable
{
    private const int ReadCloseOnExec = 0x80000;    // O_RDONLY | O_CLOEXEC
    private const int ExclusiveDontWait = 2 | 4;    // LOCK_EX | LOCK_NB

    // Its holder looks, removes and binds: a few milliseconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private const int PauseMilliseconds = 1;

    private readonly int _directory;

    private DirectoryLock(int directory) => _directory = directory;

    /// <param name="path">Of the file, absolute.</param>
    /// <param name="refuse">Makes the exception that is thrown when it is not to be had, of the reason.</param>
    internal static DirectoryLock? Take(string path, Func<string, Exception> refuse)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }
        var directory = Errno.Result(open(path[..(path.LastIndexOf('/') + 1)], ReadCloseOnExec));
        if (directory < 0)
        {
            throw refuse(Reason(directory));
        }
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            switch (Errno.Result(flock(directory, ExclusiveDontWait)))
            {
                case >= 0:
                    return new(directory);
                case -Errno.TryAgain or -Errno.Interrupted when TimeProvider.System.GetElapsedTime(since) < Patience:
                    _ = PollCalls.Wait([], PauseMilliseconds);      // listening is synchronous
                    continue;
                case var error:
                    _ = close(directory);
                    throw refuse(Reason(error));
            }
        }
    }

    public void Dispose() => _ = close(_directory);

    private static string Reason(int error) =>
        $"its directory cannot be locked for replacing it ({Marshal.GetPInvokeErrorMessage(-error)})";

    // Variadic in C; without O_CREAT there is no third argument.
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int flock(int descriptor, int operation);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
