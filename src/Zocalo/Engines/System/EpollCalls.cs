using System.Runtime.InteropServices;

namespace Zocalo.Engines.System;

/// <summary>The events of one descriptor: struct epoll_event, which is packed on x64 and nowhere else. See <see cref="EpollCalls"/>
/// for reading one.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct PackedEpollEvent
{
    internal uint Events;
    internal ulong Data;
}

/// <inheritdoc cref="PackedEpollEvent"/>
[StructLayout(LayoutKind.Sequential)]
internal struct AlignedEpollEvent
{
    internal uint Events;
    internal ulong Data;
}

/// <summary>epoll(7). Results are counts or descriptors from 0 on, or a negative errno.</summary>
internal static unsafe partial class EpollCalls
{
    internal const int Add = 1;
    internal const int Delete = 2;
    internal const int Modify = 3;

    internal const uint In = 0x001;
    internal const uint Urgent = 0x002;
    internal const uint Out = 0x004;
    internal const uint Error = 0x008;
    internal const uint HangUp = 0x010;
    internal const uint PeerFinished = 0x2000;      // EPOLLRDHUP
    internal const uint EdgeTriggered = 1u << 31;

    private const int CloseOnExec = 0x80000;

    internal static readonly bool IsPacked = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86;

    internal static int Create() => Errno.Result(epoll_create1(CloseOnExec));

    internal static int Control(int epoll, int operation, int descriptor, uint events, ulong data)
    {
        // Safe: the structures live on this stack frame and the kernel copies them during the call.
        if (IsPacked)
        {
            var packed = new PackedEpollEvent { Events = events, Data = data };
            return Errno.Result(epoll_ctl(epoll, operation, descriptor, &packed));
        }
        var aligned = new AlignedEpollEvent { Events = events, Data = data };
        return Errno.Result(epoll_ctl(epoll, operation, descriptor, &aligned));
    }

    /// <param name="epoll">The epoll descriptor.</param>
    /// <param name="events">Room for the events, <see cref="SizeOfEvent"/> bytes each.</param>
    /// <param name="milliseconds">-1: without limit.</param>
    internal static int Wait(int epoll, Span<byte> events, int milliseconds)
    {
        fixed (byte* at = events)       // Safe: pinned during the call, and the kernel writes no more events than there is room for.
        {
            return DirectCall.EpollWait(epoll, at, events.Length / SizeOfEvent, milliseconds);
        }
    }

    internal static int SizeOfEvent => IsPacked ? sizeof(PackedEpollEvent) : sizeof(AlignedEpollEvent);

    /// <summary>The <paramref name="index"/>th of the events that <see cref="Wait"/> wrote.</summary>
    internal static (uint Events, ulong Data) Read(ReadOnlySpan<byte> events, int index)
    {
        if (IsPacked)
        {
            var packed = MemoryMarshal.Read<PackedEpollEvent>(events[(index * sizeof(PackedEpollEvent))..]);
            return (packed.Events, packed.Data);
        }
        var aligned = MemoryMarshal.Read<AlignedEpollEvent>(events[(index * sizeof(AlignedEpollEvent))..]);
        return (aligned.Events, aligned.Data);
    }

    internal static void Close(int epoll) => _ = close(epoll);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc")]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, void* settings);
}
