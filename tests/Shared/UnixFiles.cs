using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Zocalo;

/// <summary>Makes files that only Unix has.</summary>
internal static class UnixFiles
{
    private const uint OwnersAlone = 0x180;     // 0600

    /// <summary>A socket's file without its socket, as a server leaves it that was killed.</summary>
    internal static void MakeDeadSocket(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path + "-"));
        File.Move(path + "-", path);      // the runtime deletes what lies at the path that it bound
    }

    internal static void MakeFifo(string path) => Assert.Equal(0, mkfifo(path, OwnersAlone));

    [DllImport("libc")]
    private static extern int mkfifo(string path, uint mode);
}
