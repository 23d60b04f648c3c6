using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Sockets;

namespace Zocalo.Engines.Async;

/// <summary>System.Net.Sockets with asynchronous operations: every platform, the thread pool's threads.</summary>
internal sealed class AsyncEngine() : Engine("async")
{
    internal override StreamSocket Adopt(Socket socket, SocketSettings settings)
    {
        try
        {
            SocketSetup.Configure(socket, settings);
            return new AsyncSocket(socket, socket.RemoteEndPoint);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal override ListenerSocket AdoptListener(ListeningSocket listening) => new AsyncListener(listening);

    internal override async Task<ConnectResult> ConnectAsync(
        EndPoint endPoint, SocketSettings settings, CancellationToken cancellationToken)
    {
        var pause = GrowingPause.WhileBacklogIsFull();
        while (true)
        {
            var result = await TryConnectAsync(endPoint, settings, cancellationToken).ConfigureAwait(false);
            if (result.Error != SocketError.WouldBlock)
            {
                return result;
            }
            await Task.Delay(pause.Next(), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<ConnectResult> TryConnectAsync(
        EndPoint endPoint, SocketSettings settings, CancellationToken cancellationToken)
    {
        var socket = SocketSetup.ForConnecting(endPoint, settings);
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return new(new AsyncSocket(socket, endPoint), SocketError.Success);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            return new(null, error.SocketErrorCode);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
