using System.Net.Sockets;

namespace Zocalo.Engines;

/// <summary>An engine's own limit was reached; the message says which, and what cures it.</summary>
internal sealed class EngineLimitException(string message) : SocketException((int)SocketError.TooManyOpenSockets)
{
    public override string Message => message;

    internal static EngineLimitException OfSelect() =>
        new("select(2) cannot watch descriptors from 1,024 on (FD_SETSIZE), and all below are in use; choose the engine epoll");
}
