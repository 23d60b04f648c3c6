using System.Net;
using System.Net.Sockets;

namespace Zocalo.Engines.Sockets;

/// <summary>How stream sockets are opened, bound and configured: one switch over address families, one list of settings.</summary>
internal static class SocketSetup
{
    private const int SocketLevel = 1;          // socket(7), on Linux
    private const int ReusePort = 15;
    private const int TcpUserTimeout = 18;      // tcp(7), milliseconds
    private const int IpLevel = 0;              // ip(7)
    private const int BindAddressNoPort = 24;
    private const int KeepAliveInterval = 10;   // seconds
    private const int KeepAliveProbes = 3;

    /// <summary>A socket that listens. What it is configured with, Linux hands down to accepted ones.</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    internal static ListeningSocket Listen(EndPoint endPoint, int backlog, SocketSettings settings) =>
        Listen(endPoint, backlog, settings, joins: false);

    /// <summary>Sockets that listen on the same TCP address, all of them or none: the system spreads the connections over their queues
    /// (SO_REUSEPORT, socket(7)). Port 0: the first one's port is the others' too. Linux.</summary>
    /// <remarks>
    /// The first one listens without the option, and gets it then. So it fails as any other does when a server listens there, also one like
    /// this: with the option from the beginning, two servers of a user would share the port, and each would have some of the connections.
    /// It is the call of listen(2) that looks, so two that start at once do not miss each other. A program of the same user that sets the
    /// option by itself can still join.
    /// </remarks>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    internal static ListeningSocket[] ListenTogether(EndPoint endPoint, int backlog, SocketSettings settings, int count)
    {
        var first = Listen(endPoint, backlog, settings);
        var all = new List<ListeningSocket>(count) { first };
        try
        {
            if (count > 1)
            {
                AllowOthers(first.Socket);
            }
            while (all.Count < count)
            {
                all.Add(Listen(first.Local, backlog, settings, joins: true));
            }
            return [.. all];
        }
        catch
        {
            all.ForEach(static each => each.Close());
            throw;
        }
    }

    /// <param name="endPoint">Where.</param>
    /// <param name="backlog">For listen(2).</param>
    /// <param name="settings">Of what is accepted.</param>
    /// <param name="joins">Others that allow it listen there.</param>
    private static ListeningSocket Listen(EndPoint endPoint, int backlog, SocketSettings settings, bool joins)
    {
        var socket = Open(endPoint);
        UnixSocketFile? file = null;
        try
        {
            if (joins)
            {
                AllowOthers(socket);
            }
            file = Bind(socket, endPoint, settings.UnixMode);
            Configure(socket, settings);
            socket.Listen(backlog);
            return new(socket, endPoint is UnixDomainSocketEndPoint ? endPoint : socket.LocalEndPoint!, settings, file);
        }
        catch
        {
            file?.Remove();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket to connect with.</summary>
    internal static Socket ForConnecting(EndPoint endPoint, SocketSettings settings)
    {
        var socket = Open(endPoint);
        try
        {
            Configure(socket, settings);
            if (settings.Source is { } source)
            {
                BindSource(socket, source);
            }
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal static Socket Open(EndPoint endPoint) => endPoint.AddressFamily == AddressFamily.Unix
        ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);

    /// <remarks>With port 0 the port is chosen when the socket connects, and not here: so one is free as long as the pair of both ends is,
    /// and not only while the source has one (IP_BIND_ADDRESS_NO_PORT, ip(7)).</remarks>
    private static void BindSource(Socket socket, IPEndPoint source)
    {
        if (source.Port == 0 && OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption(IpLevel, BindAddressNoPort, BitConverter.GetBytes(1));
        }
        socket.Bind(source);
    }

    private static void AllowOthers(Socket socket) =>
        socket.SetRawSocketOption(SocketLevel, ReusePort, BitConverter.GetBytes(1));

    /// <returns>The file that it made, if any.</returns>
    private static UnixSocketFile? Bind(Socket socket, EndPoint endPoint, UnixFileMode? mode)
    {
        switch (endPoint)
        {
            case UnixDomainSocketEndPoint unix:
                return UnixSocketFile.Bind(socket, unix, mode ?? UnixSocketFile.OwnersAlone);
            case IPEndPoint { Address: var address } when address.Equals(IPAddress.IPv6Any):
                socket.DualMode = true;
                goto default;
            default:
                // The runtime sets SO_REUSEADDR itself when it binds TCP on Unix. Its own option of that name means SO_REUSEPORT as well:
                // two servers would share the port in silence.
                socket.Bind(endPoint);
                return null;
        }
    }

    internal static void Configure(Socket socket, SocketSettings settings)
    {
        if (settings.SendBufferSize is { } toSend)
        {
            socket.SendBufferSize = toSend;
        }
        if (settings.ReceiveBufferSize is { } toReceive)
        {
            socket.ReceiveBufferSize = toReceive;       // before the connection: it says how large the window may become (tcp(7))
        }
        if (socket.AddressFamily == AddressFamily.Unix)
        {
            return;
        }
        socket.NoDelay = true;
        if (settings.KeepAliveTime != Timeout.InfiniteTimeSpan)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(
                SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Math.Max(1, (int)settings.KeepAliveTime.TotalSeconds));
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveInterval);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        }
        if (OperatingSystem.IsLinux() && settings.WriteStallTimeout != Timeout.InfiniteTimeSpan)
        {
            var milliseconds = (int)Math.Clamp(settings.WriteStallTimeout.TotalMilliseconds, 1, int.MaxValue);
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpUserTimeout, BitConverter.GetBytes(milliseconds));
        }
    }
}
