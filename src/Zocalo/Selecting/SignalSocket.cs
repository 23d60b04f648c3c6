using System.Net;
using System.Net.Sockets;

namespace Zocalo.Selecting;

/// <summary>
/// Something to select for that another thread can make readable, where there is no eventfd: a TCP connection of this process to itself.
/// A datagram would cost less, and a system may drop it (RFC 768, udp(7)): then the wait would never end. <see cref="Signal"/>
/// comes from any thread.
/// </summary>
internal sealed class SignalSocket : IDisposable
{
    private readonly Socket _writer = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <exception cref="SocketException">No socket is left.</exception>
    internal SignalSocket()
    {
        try
        {
            Readable = Connect(_writer);
        }
        catch
        {
            _writer.Dispose();
            throw;
        }
    }

    /// <summary>What becomes readable.</summary>
    internal Socket Readable { get; }

    /// <summary>Makes it readable. Nothing happens when there is no room for one more signal among many, nor after the end.</summary>
    internal void Signal()
    {
        try
        {
            _writer.Send([1], SocketFlags.None, out _);
        }
        catch (ObjectDisposedException)
        {
            // The wait is over.
        }
    }

    /// <summary>Takes the signals. One that comes meanwhile may be taken too: look for its reason afterwards.</summary>
    internal void Clear()
    {
        Span<byte> some = stackalloc byte[64];
        while (Readable.Receive(some, SocketFlags.None, out var error) == some.Length && error == SocketError.Success)
        {
        }
    }

    public void Dispose()
    {
        _writer.Dispose();
        Readable.Dispose();
    }

    private static Socket Connect(Socket writer)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        writer.Connect(listener.LocalEndPoint!);
        var reader = listener.Accept();
        while (!reader.RemoteEndPoint!.Equals(writer.LocalEndPoint))
        {
            reader.Dispose();       // another process was quicker
            reader = listener.Accept();
        }
        foreach (var socket in (Socket[])[writer, reader])
        {
            socket.Blocking = false;
            socket.NoDelay = true;
            socket.LingerState = new LingerOption(true, 0);     // no port is left in TIME_WAIT for each thread that has ended
        }
        return reader;
    }
}
