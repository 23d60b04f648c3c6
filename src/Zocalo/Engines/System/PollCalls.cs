using System.Runtime.InteropServices;

namespace Zocalo.Engines.System;

/// <summary>One descriptor for poll(2): struct pollfd. A negative descriptor is left out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    internal int Descriptor;
    internal short Events;
    internal short Found;
}

/// <summary>poll(2), of every Unix. Returns how many entries have events, 0 when the time was over, or a negative errno.</summary>
internal static unsafe partial class PollCalls
{
    internal const short In = 0x001;
    internal const short Urgent = 0x002;
    internal const short Out = 0x004;
    internal const short Error = 0x008;
    internal const short HangUp = 0x010;
    internal const short NotOpen = 0x020;           // POLLNVAL
    internal const short PeerFinished = 0x2000;     // POLLRDHUP, Linux

    /// <param name="entries">The events to wait for, and those that were found.</param>
    /// <param name="milliseconds">-1: without limit.</param>
    internal static int Wait(Span<PollEntry> entries, int milliseconds)
    {
        fixed (PollEntry* first = entries)      // Safe: pinned during the call, of the length that is passed.
        {
            return Errno.Result(poll(first, (nuint)entries.Length, milliseconds));
        }
    }

    [LibraryImport("libc")]
    private static partial int poll(PollEntry* entries, nuint count, int milliseconds);
}
