using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Sockets;

namespace Zocalo.Engines.Async;

/// <summary>System.Net.Sockets with asynchronous operations: every platform, the thread pool's threads.</summary>
internal sealed class AsyncEngine() : Engine("async")
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    internal override ListenerSocket Listen(EndPoint endPoint, int backlog, ConnectionOptions options)
    {
        var socket = SocketSetup.Open(endPoint);
        try
        {
            SocketSetup.Bind(socket, endPoint);
            SocketSetup.Configure(socket, options);     // Linux hands these down to accepted sockets
            socket.Listen(backlog);
            return new AsyncListener(socket, options);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal override async Task<ConnectResult> ConnectAsync(EndPoint endPoint, ConnectionOptions options, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var result = await TryConnectAsync(endPoint, options, cancellationToken).ConfigureAwait(false);
            if (result.Error != SocketError.WouldBlock)
            {
                return result;
            }
            await Task.Delay(pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);     // a Unix listener's backlog is full, and nothing tells when it is not (unix(7))
        }
    }

    private static async Task<ConnectResult> TryConnectAsync(EndPoint endPoint, ConnectionOptions options, CancellationToken cancellationToken)
    {
        var socket = SocketSetup.Open(endPoint);
        try
        {
            SocketSetup.Configure(socket, options);
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return new(new AsyncChannel(socket), SocketError.Success);
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
