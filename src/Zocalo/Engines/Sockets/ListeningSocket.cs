using System.Net;
using System.Net.Sockets;

namespace Zocalo.Engines.Sockets;

/// <summary>A socket that listens.</summary>
/// <param name="Socket">The socket; whoever adopts it closes it.</param>
/// <param name="Local">Where it listens.</param>
/// <param name="File">The file of a Unix socket, to be removed before the socket is closed; null for any other address.</param>
internal readonly record struct ListeningSocket(Socket Socket, EndPoint Local, UnixSocketFile? File)
{
    /// <summary>Gives it up.</summary>
    internal void Close()
    {
        File?.Remove();
        Socket.Dispose();
    }
}
