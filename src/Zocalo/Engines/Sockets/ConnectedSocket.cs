using System.Net.Sockets;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Sockets;

/// <summary>What System.Net.Sockets hides about the end of a connected stream, read from the system where it is Linux.</summary>
internal static class ConnectedSocket
{
    /// <summary>Sends the FIN. The runtime alone says success for a connection that is over (ENOTCONN), and the last sender would never
    /// learn that it was lost.</summary>
    /// <exception cref="ObjectDisposedException">The socket was closed.</exception>
    internal static SocketError FinishOutput(Socket socket)
    {
        var isUnix = socket.AddressFamily == AddressFamily.Unix;
        var error = Call(socket, isUnix, static (descriptor, isUnix) => LinuxSocketCalls.Instance.FinishOutput(descriptor, isUnix));
        if (error != SocketError.Success)
        {
            return error;
        }
        try
        {
            // on Linux for the second time, which does nothing: so the runtime knows, and does not reset when it closes
            socket.Shutdown(SocketShutdown.Send);
            return SocketError.Success;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode;
        }
    }

    /// <inheritdoc cref="SocketCalls.WasReset"/>
    internal static bool WasReset(Socket socket, long received) => CallUnlessDisposed(
        socket, received, static (descriptor, received) => LinuxSocketCalls.Instance.WasReset(descriptor, received));

    /// <inheritdoc cref="SocketCalls.Peer"/>
    internal static PeerState Peer(Socket socket) =>
        CallUnlessDisposed(socket, 0, static (descriptor, _) => LinuxSocketCalls.Instance.Peer(descriptor));

    /// <inheritdoc cref="SocketCalls.ReceiveQueueLength"/>
    internal static int ReceiveQueueLength(Socket socket) =>
        CallUnlessDisposed(socket, 0, static (descriptor, _) => LinuxSocketCalls.Instance.ReceiveQueueLength(descriptor));

    /// <inheritdoc cref="SocketCalls.SendQueueLength"/>
    internal static int SendQueueLength(Socket socket) =>
        CallUnlessDisposed(socket, 0, static (descriptor, _) => LinuxSocketCalls.Instance.SendQueueLength(descriptor));

    private static TAnswer? CallUnlessDisposed<TArgument, TAnswer>(Socket socket, TArgument argument, Func<int, TArgument, TAnswer> call)
    {
        try
        {
            return Call(socket, argument, call);
        }
        catch (ObjectDisposedException)
        {
            return default;
        }
    }

    /// <summary>The descriptor stays the socket's for as long as the call lasts.</summary>
    /// <returns>The default where the system is another one.</returns>
    private static TAnswer? Call<TArgument, TAnswer>(Socket socket, TArgument argument, Func<int, TArgument, TAnswer> call)
    {
        if (!OperatingSystem.IsLinux())
        {
            return default;
        }
        var handle = socket.SafeHandle;
        var isHeld = false;
        try
        {
            handle.DangerousAddRef(ref isHeld);
            return call((int)handle.DangerousGetHandle(), argument);
        }
        finally
        {
            if (isHeld)
            {
                handle.DangerousRelease();
            }
        }
    }
}
