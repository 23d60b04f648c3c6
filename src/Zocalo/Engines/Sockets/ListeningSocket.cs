using System.Net;
using System.Net.Sockets;

namespace Zocalo.Engines.Sockets;

/// <summary>A socket that listens.</summary>
/// <param name="Socket">The socket; the engine that adopts it closes it.</param>
/// <param name="Local">Where it listens.</param>
/// <param name="Timeouts">The timeouts of the connections that it accepts.</param>
/// <param name="File">The file of a Unix socket, to be removed before the socket is closed; null for any other address.</param>
/// <param name="IsShared">Other processes listen on it too, such as the one that gave it to us: it is closed and nothing else, since a
/// shutdown would end it for all of them, and what waits in its backlog is theirs as well.</param>
internal readonly record struct ListeningSocket(
    Socket Socket, EndPoint Local, SocketTimeouts Timeouts, UnixSocketFile? File, bool IsShared = false)
{
    /// <summary>One that another process has opened.</summary>
    internal static ListeningSocket Shared(Socket socket, SocketTimeouts timeouts)
    {
        SocketSetup.Configure(socket, timeouts);
        return new(socket, socket.LocalEndPoint!, timeouts, File: null, IsShared: true);
    }

    /// <summary>Gives it up.</summary>
    internal void Close()
    {
        File?.Remove();
        Socket.Dispose();
    }
}
