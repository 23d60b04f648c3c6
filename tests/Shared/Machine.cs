using System.Net;
using System.Net.Sockets;

namespace Zocalo;

/// <summary>What this machine can do, found out by trying: a container may know IPv6 and yet have no ::1.</summary>
internal static class Machine
{
    internal static bool HasIPv6 { get; } = CanBind(IPAddress.IPv6Loopback);

    private static bool CanBind(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
