using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Zocalo.Connections;
using Zocalo.Engines.Sockets;
using Zocalo.Testing;
using Zocalo.Tests.Engines.Loops;

namespace Zocalo.Tests.Engines;

/// <summary>Sockets that somebody else has opened, taken over by each engine.</summary>
public sealed class AdoptTests : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public AdoptTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    public static bool IsLinux => OperatingSystem.IsLinux();

    public static TheoryData<string> All => ["async", "threads", "select", "epoll"];

    [Theory(SkipUnless = nameof(IsLinux), Skip = "Some engines are for Linux")]
    [MemberData(nameof(All))]
    public async Task A_connected_socket_becomes_a_connection(string name)
    {
        using var peer = await ConnectAsync();
        var accepted = await _listener.AcceptAsync().WaitAsync(LoopEngines.Cap);
        var local = accepted.LocalEndPoint!.ToString();
        var remote = accepted.RemoteEndPoint!.ToString();
        var connection = new Connection(Engine(name).Adopt(accepted, Timeouts), Settings());
        Assert.Equal(($"tcp://{local}", $"tcp://{remote}"), (connection.LocalAddress.ToString(), connection.RemoteAddress.ToString()));
        var echo = connection.Input.CopyToAsync(connection.Output);
        Assert.Equal("hello", await AskAsync(peer, "hello"));
        peer.Shutdown(SocketShutdown.Send);
        await echo.WaitAsync(LoopEngines.Cap);
        await connection.CloseAsync().WaitAsync(LoopEngines.Cap);
        Assert.Equal(
            (EndReason.PeerFinished, 5L, 5L),
            ((await connection.Closed).Reason, (await connection.Closed).BytesReceived, (await connection.Closed).BytesSent));
        Assert.Equal(0, peer.Receive(new byte[1]));
    }

    [Theory(SkipUnless = nameof(IsLinux), Skip = "Descriptors are duplicated by dup(2)")]
    [MemberData(nameof(All))]
    public async Task A_listening_socket_that_others_hold_too_goes_on_listening_for_them(string name)
    {
        var engine = Engine(name);
        var ours = new Socket(new SafeSocketHandle(dup((int)_listener.Handle), ownsHandle: true));
        var listener = engine.AdoptListener(ListeningSocket.Shared(ours, Timeouts));
        Assert.Equal(_listener.LocalEndPoint, listener.LocalEndPoint);

        var accepting = listener.AcceptAsync().AsTask();
        using (var first = await ConnectAsync())
        {
            var accepted = await accepting.WaitAsync(LoopEngines.Cap);
            var connection = new Connection(accepted.Socket!, Settings());
            var echo = connection.Input.CopyToAsync(connection.Output);
            Assert.Equal("first", await AskAsync(first, "first"));
            connection.Abort();
            await Assert.ThrowsAnyAsync<Exception>(() => echo.WaitAsync(LoopEngines.Cap));
        }

        using var second = await ConnectAsync();
        Assert.True(_listener.Poll(LoopEngines.Cap, SelectMode.SelectRead));
        Assert.False(listener.IsConnectionWaiting, "the backlog is not ours alone: a drain would take what others are to have");
        listener.Close();
        using var theirs = await _listener.AcceptAsync().WaitAsync(LoopEngines.Cap);
        using var third = await ConnectAsync();
        using var alsoTheirs = await _listener.AcceptAsync().WaitAsync(LoopEngines.Cap);
        alsoTheirs.Send("third"u8);
        Assert.Equal("third"u8.ToArray(), LoopEngines.Receive(third, 5));
    }

    [Theory(SkipUnless = nameof(IsLinux), Skip = "Descriptors are duplicated by dup(2)")]
    [MemberData(nameof(All))]
    public async Task Closing_it_ends_an_accept_that_waits(string name)
    {
        var ours = new Socket(new SafeSocketHandle(dup((int)_listener.Handle), ownsHandle: true));
        var listener = Engine(name).AdoptListener(ListeningSocket.Shared(ours, Timeouts));
        var accepting = listener.AcceptAsync().AsTask();
        Assert.False(accepting.IsCompleted);
        listener.Close();
        Assert.Equal(SocketError.OperationAborted, (await accepting.WaitAsync(LoopEngines.Cap)).Error);
        using var client = await ConnectAsync();
        using var theirs = await _listener.AcceptAsync().WaitAsync(LoopEngines.Cap);
    }

    [Fact]
    public void An_engine_without_descriptors_says_so()
    {
        var engine = SimulatedHost.OnThreadPool();
        Assert.Contains(
            "simulated",
            Assert.Throws<NotSupportedException>(() => engine.Adopt(_listener, Timeouts)).Message,
            StringComparison.Ordinal);
    }

    public void Dispose() => _listener.Dispose();

    [DllImport("libc")]
    private static extern int dup(int descriptor);

    private static SocketSettings Timeouts { get; } = ConnectionOptions.Default.SocketSettings;

    private static Engine Engine(string name) => name == "async" ? Zocalo.Engine.Async : LoopEngines.Make(name);

    private static ConnectionSettings Settings() => new(ConnectionOptions.Default, NullLogger.Instance, TimeProvider.System);

    private static async Task<string> AskAsync(Socket peer, string text)
    {
        peer.Send(System.Text.Encoding.ASCII.GetBytes(text));
        byte[] answer = [];
        await LoopEngines.RunAsync(() => answer = LoopEngines.Receive(peer, text.Length));
        return System.Text.Encoding.ASCII.GetString(answer);
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(
            AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = (int)LoopEngines.Cap.TotalMilliseconds };
        await socket.ConnectAsync(_listener.LocalEndPoint!).WaitAsync(LoopEngines.Cap);
        return socket;
    }
}
