using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Zocalo.Cli.Tests;

/// <summary>The other side of the tool in a test: plain sockets of .NET, so that the tool is not tested against itself.</summary>
public sealed class Peer : IDisposable
{
    private readonly Socket _socket;

    private Peer(Socket socket)
    {
        _socket = socket;
        socket.ReceiveTimeout = socket.SendTimeout = (int)ToolProcess.Patience.TotalMilliseconds;
    }

    public int LocalPort => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>Whether something has come that was not received yet.</summary>
    public bool HasNews => _socket.Poll(TimeSpan.Zero, SelectMode.SelectRead);

    public static async Task<Peer> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(ToolProcess.Patience);
        return new Peer(socket);
    }

    /// <summary>To a Unix socket.</summary>
    public static async Task<Peer> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path)).WaitAsync(ToolProcess.Patience);
        return new Peer(socket);
    }

    /// <summary>Null when nothing listens there.</summary>
    public static async Task<Peer?> TryConnectAsync(int port)
    {
        try
        {
            return await ConnectAsync(port);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    public static Socket Listen(int backlog = 16, IPAddress? address = null)
    {
        address ??= IPAddress.Loopback;
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(backlog);
        return listener;
    }

    public static async Task<Peer> AcceptAsync(Socket listener) => new(await listener.AcceptAsync().WaitAsync(ToolProcess.Patience));

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await _socket.SendAsync(bytes.AsMemory(sent)).AsTask().WaitAsync(ToolProcess.Patience);
        }
    }

    /// <summary>Sends and receives nothing, until neither system's buffers take any more.</summary>
    public void SendUntilNobodyTakesIt()
    {
        var much = new byte[64 * 1024];
        _socket.Blocking = false;
        while (_socket.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectWrite))
        {
            _socket.Send(much, SocketFlags.None, out _);
        }
        _socket.Blocking = true;
    }

    /// <summary>Exactly this many bytes, as text.</summary>
    public async Task<string> ReceiveAsync(int count)
    {
        var bytes = new byte[count];
        for (var received = 0; received < count;)
        {
            var some = await _socket.ReceiveAsync(bytes.AsMemory(received)).AsTask().WaitAsync(ToolProcess.Patience);
            Assert.NotEqual(0, some);
            received += some;
        }
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>All that comes until the FIN.</summary>
    public async Task<byte[]> ReceiveAllAsync()
    {
        using var all = new MemoryStream();
        var chunk = new byte[64 * 1024];
        int count;
        while ((count = await _socket.ReceiveAsync(chunk).WaitAsync(ToolProcess.Patience)) > 0)
        {
            all.Write(chunk, 0, count);
        }
        return all.ToArray();
    }

    /// <summary>Sends a FIN; receiving goes on.</summary>
    public void Finish() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Sends a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public void Dispose() => _socket.Dispose();
}
