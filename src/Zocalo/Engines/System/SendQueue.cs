using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Zocalo.Engines.System;

/// <summary>SIOCOUTQ (tcp(7), unix(7)): bytes in the socket's send queue that the peer has not acknowledged.</summary>
internal static partial class SendQueue
{
    private const nuint SiocOutQ = 0x5411;

    /// <returns>0 where the system does not say.</returns>
    internal static int Length(SafeSocketHandle socket)
    {
        if (!OperatingSystem.IsLinux() || socket.IsClosed)
        {
            return 0;
        }
        try
        {
            return IoCtl(socket, SiocOutQ, out var bytes) == 0 ? bytes : 0;
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
    }

    // Variadic in C; on Linux's x64 and arm64 calling conventions a third word argument is passed alike.
    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int IoCtl(SafeSocketHandle socket, nuint request, out int bytes);
}
