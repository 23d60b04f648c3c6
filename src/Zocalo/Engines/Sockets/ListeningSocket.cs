using System.Net;
using System.Net.Sockets;

namespace Zocalo.Engines.Sockets;

/// <summary>A socket that listens.</summary>
/// <param name="Socket">The socket; the engine that adopts it closes it.</param>
/// <param name="Local">Where it listens.</param>
/// <param name="Settings">The settings of the connections that it accepts.</param>
/// <param name="File">The file of a Unix socket, to be removed before the socket is closed; null for any other address.</param>
/// <param name="IsShared">Other processes listen on it too, such as the one that gave it to us: it is closed and nothing else, since a
/// shutdown would end it for all of them, and what waits in its backlog is theirs as well.</param>
internal readonly record struct ListeningSocket(
    Socket Socket, EndPoint Local, SocketSettings Settings, UnixSocketFile? File, bool IsShared = false)
{
    /// <summary>One that another process has opened.</summary>
    internal static ListeningSocket Shared(Socket socket, SocketSettings settings)
    {
        SocketSetup.Configure(socket, settings);
        return new(socket, socket.LocalEndPoint!, settings, File: null, IsShared: true);
    }

    /// <summary>Gives it up.</summary>
    internal void Close()
    {
        File?.Remove();
        Socket.Dispose();
    }
}
