using System.Net.Sockets;

namespace Zocalo.Engines;

/// <summary>An engine's own limit was reached; the message says which, and what cures it.</summary>
internal sealed class EngineLimitException(string message) : SocketException((int)SocketError.TooManyOpenSockets)
{
    public override string Message => message;
}
