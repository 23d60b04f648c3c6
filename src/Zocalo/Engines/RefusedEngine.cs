using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Sockets;

namespace Zocalo.Engines;

/// <summary>Stands for an engine that was asked for and cannot run here: whoever uses it is told why.</summary>
internal sealed class RefusedEngine(string reason) : Engine("refused")
{
    internal string Reason => reason;

    internal override ListenerSocket Listen(EndPoint endPoint, int backlog, SocketTimeouts timeouts) => throw Refused();

    internal override StreamSocket Adopt(Socket socket, SocketTimeouts timeouts) => throw Refused();

    internal override ListenerSocket AdoptListener(ListeningSocket listening, SocketTimeouts timeouts) => throw Refused();

    internal override Task<ConnectResult> ConnectAsync(EndPoint endPoint, SocketTimeouts timeouts, CancellationToken cancellationToken) =>
        Task.FromException<ConnectResult>(Refused());

    private PlatformNotSupportedException Refused() => new(reason);
}
