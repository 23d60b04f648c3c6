using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Zocalo.Engines.System;

/// <summary>What the system's scheduler says of a thread, counted since the thread began.</summary>
/// <param name="Ran">For how long it had a processor.</param>
/// <param name="Queued">For how long it was ready and had none. A wait that still lasts is not in it yet.</param>
/// <param name="IsRunnable">It runs now, or waits for a processor; otherwise it sleeps.</param>
internal readonly record struct ThreadTimes(TimeSpan Ran, TimeSpan Queued, bool IsRunnable);

/// <summary>
/// Reads the times of one thread of this process, from any thread: the files <c>schedstat</c> and <c>stat</c> of proc(5), which stay open.
/// A reading takes a few microseconds and allocates nothing.
/// </summary>
internal sealed class ThreadTimesReader : IDisposable
{
    private const int Room = 128;       // both files begin with what is asked here

    private readonly SafeFileHandle _times;
    private readonly SafeFileHandle _state;

    private ThreadTimesReader(SafeFileHandle times, SafeFileHandle state) => (_times, _state) = (times, state);

    /// <summary>The number that the system gives to the calling thread; null where it does not tell.</summary>
    internal static int? CurrentThread
    {
        get
        {
            try
            {
                var id = Path.GetFileName(new FileInfo("/proc/thread-self").LinkTarget);       // PID/task/TID
                return int.TryParse(id, CultureInfo.InvariantCulture, out var number) ? number : null;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    /// <param name="thread">Its number.</param>
    /// <returns>Null when the system does not tell, the thread has ended, or there is no descriptor.</returns>
    internal static ThreadTimesReader? TryOpen(int thread)
    {
        SafeFileHandle? times = null;
        try
        {
            times = Open(thread, "schedstat");
            return new(times, Open(thread, "stat"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            times?.Dispose();
            return null;
        }
    }

    /// <returns>Null when the thread has ended.</returns>
    internal ThreadTimes? Read()
    {
        Span<byte> text = stackalloc byte[Room];
        try
        {
            return TryReadTimes(text[..RandomAccess.Read(_times, text, 0)], out var ran, out var queued)
                && TryReadState(text[..RandomAccess.Read(_state, text, 0)], out var isRunnable)
                    ? new(ran, queued, isRunnable)
                    : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        _times.Dispose();
        _state.Dispose();
    }

    /// <param name="text">The processor's and the queue's nanoseconds, and a third number.</param>
    /// <param name="ran">The first.</param>
    /// <param name="queued">The second.</param>
    internal static bool TryReadTimes(ReadOnlySpan<byte> text, out TimeSpan ran, out TimeSpan queued)
    {
        queued = default;
        return TryReadNumber(ref text, out ran) && TryReadNumber(ref text, out queued);
    }

    /// <param name="text">A number, a name in parentheses, which may have parentheses itself, and the letter of the state.</param>
    /// <param name="isRunnable">Whether the letter is R.</param>
    internal static bool TryReadState(ReadOnlySpan<byte> text, out bool isRunnable)
    {
        var end = text.LastIndexOf(") "u8);
        isRunnable = end >= 0 && text[(end + 2)..] is [(byte)'R', ..];
        return end >= 0;
    }

    private static bool TryReadNumber(ref ReadOnlySpan<byte> text, out TimeSpan time)
    {
        var end = text.IndexOf((byte)' ');
        var isNumber = long.TryParse(end < 0 ? default : text[..end], CultureInfo.InvariantCulture, out var nanoseconds);
        text = text[(end + 1)..];
        time = new TimeSpan(nanoseconds / TimeSpan.NanosecondsPerTick);
        return isNumber;
    }

    private static SafeFileHandle Open(int thread, string file) => File.OpenHandle(
        string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{thread}/{file}"), share: FileShare.ReadWrite);
}
