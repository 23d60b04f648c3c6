using System.Net;
using System.Net.Sockets;

namespace Zocalo.Engines.Sockets;

/// <summary>How stream sockets are opened, bound and configured: one switch over address families, one list of timeouts.</summary>
internal static class SocketSetup
{
    private const int TcpUserTimeout = 18;      // tcp(7), milliseconds
    private const int KeepAliveInterval = 10;   // seconds
    private const int KeepAliveProbes = 3;

    /// <summary>A socket that listens. What it is configured with, Linux hands down to accepted ones.</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    internal static ListeningSocket Listen(EndPoint endPoint, int backlog, SocketTimeouts timeouts)
    {
        var socket = Open(endPoint);
        UnixSocketFile? file = null;
        try
        {
            file = Bind(socket, endPoint);
            Configure(socket, timeouts);
            socket.Listen(backlog);
            return new(socket, endPoint is UnixDomainSocketEndPoint ? endPoint : socket.LocalEndPoint!, timeouts, file);
        }
        catch
        {
            file?.Remove();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket to connect with.</summary>
    internal static Socket ForConnecting(EndPoint endPoint, SocketTimeouts timeouts)
    {
        var socket = Open(endPoint);
        try
        {
            Configure(socket, timeouts);
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

    /// <returns>The file that it made, if any.</returns>
    private static UnixSocketFile? Bind(Socket socket, EndPoint endPoint)
    {
        switch (endPoint)
        {
            case UnixDomainSocketEndPoint unix:
                return UnixSocketFile.Bind(socket, unix);
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

    internal static void Configure(Socket socket, SocketTimeouts timeouts)
    {
        if (socket.AddressFamily == AddressFamily.Unix)
        {
            return;
        }
        socket.NoDelay = true;
        if (timeouts.KeepAliveTime != Timeout.InfiniteTimeSpan)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(
                SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Math.Max(1, (int)timeouts.KeepAliveTime.TotalSeconds));
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveInterval);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        }
        if (OperatingSystem.IsLinux() && timeouts.WriteStallTimeout != Timeout.InfiniteTimeSpan)
        {
            var milliseconds = (int)Math.Clamp(timeouts.WriteStallTimeout.TotalMilliseconds, 1, int.MaxValue);
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpUserTimeout, BitConverter.GetBytes(milliseconds));
        }
    }
}
