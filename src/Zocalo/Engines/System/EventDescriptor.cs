using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Zocalo.Engines.System;

/// <summary>eventfd(2): a descriptor that becomes readable when another thread says so. <see cref="Signal"/> comes from any thread, the
/// rest from the owner.</summary>
internal sealed unsafe partial class EventDescriptor
{
    private const int NonBlockingCloseOnExec = 0x80800;

    /// <exception cref="SocketException">No descriptor is left.</exception>
    internal EventDescriptor()
    {
        Descriptor = TryOpen();
        if (Descriptor < 0)
        {
            throw new SocketException((int)Errno.ToSocketError(-Descriptor));
        }
    }

    internal int Descriptor { get; }

    /// <returns>A descriptor, or a negative errno.</returns>
    internal static int TryOpen() => Errno.Result(eventfd(0, NonBlockingCloseOnExec));

    internal void Signal()
    {
        ulong one = 1;
        // Safe: eight bytes of this stack frame. A counter that is full already ends the wait as well.
        _ = write(Descriptor, &one, sizeof(ulong));
    }

    internal void Clear()
    {
        ulong count;
        _ = read(Descriptor, &count, sizeof(ulong));    // Safe: eight bytes of this stack frame.
    }

    internal void Close() => _ = close(Descriptor);

    [LibraryImport("libc")]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc")]
    private static partial nint write(int descriptor, void* bytes, nuint count);

    [LibraryImport("libc")]
    private static partial nint read(int descriptor, void* bytes, nuint count);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
