using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Zocalo.Cli;

/// <summary>
/// Whether a peer that has finished is still there. Nothing is received any more, so that a reset would show at the next send only;
/// and while standard input is silent there is none. A TCP connection that was reset is no longer in the system's table.
/// </summary>
/// <remarks>
/// A peer that closed its socket without a reset, or that is behind a Unix socket, shows at a send only: its FIN says no more than
/// that of one which still listens.
/// </remarks>
internal static class PeerWatch
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    /// <summary>Looks now and then until the connection is in the table no longer.</summary>
    /// <returns>False when the system has no such table.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> fired.</exception>
    public static async Task<bool> WaitUntilGoneAsync(Connection connection, CancellationToken ct)
    {
        if (EndPointOf(connection.LocalAddress) is not { } local || EndPointOf(connection.RemoteAddress) is not { } remote)
        {
            return false;
        }
        var wasAbsent = false;
        for (var pause = FirstPause; ; pause = pause < LongestPause ? pause * 2 : pause)
        {
            var isAbsent = !IsListed(local, remote);

            // Twice: the table is not read in one moment. And only where it lists what it should.
            if (isAbsent && wasAbsent && ListsOurOwn())
            {
                return true;
            }
            wasAbsent = isAbsent;
            await Task.Delay(isAbsent ? FirstPause : pause, TimeProvider.System, ct);
        }
    }

    private static IPEndPoint? EndPointOf(Address address) =>
        address is TcpAddress tcp && IPAddress.TryParse(tcp.Host, out var ip) ? new IPEndPoint(ip, tcp.Port) : null;

    // Where the table cannot be read: as if it were there.
    private static bool IsListed(IPEndPoint local, IPEndPoint remote) => Ask(otherwise: true, table => Array.Exists(
        table.GetActiveTcpConnections(), each => IsSame(each.LocalEndPoint, local) && IsSame(each.RemoteEndPoint, remote)));

    private static bool ListsOurOwn() => Ask(otherwise: false, table =>
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var place = (IPEndPoint)listener.LocalEndPoint!;
        return Array.Exists(table.GetActiveTcpListeners(), each => IsSame(each, place));
    });

    private static bool Ask(bool otherwise, Func<IPGlobalProperties, bool> question)
    {
        try
        {
            return question(IPGlobalProperties.GetIPGlobalProperties());
        }
        catch (Exception failure)
            when (failure is SocketException or NetworkInformationException or PlatformNotSupportedException or IOException)
        {
            return otherwise;
        }
    }

    // The table has IPv4 as it is, or mapped into IPv6; and it may leave the scope out.
    private static bool IsSame(IPEndPoint left, IPEndPoint right) =>
        left.Port == right.Port
        && left.Address.MapToIPv6().GetAddressBytes().AsSpan().SequenceEqual(right.Address.MapToIPv6().GetAddressBytes());
}
