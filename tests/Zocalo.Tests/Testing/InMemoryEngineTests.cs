using System.Runtime.CompilerServices;
using System.Text;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing;

public class InMemoryEngineTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly InMemoryEngine _engine = new();
    private readonly TaskCompletionSource<ConnectionEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public void A_window_must_hold_something() => Assert.Throws<ArgumentOutOfRangeException>(() => new InMemoryEngine { Window = 0 });

    [Fact]
    public async Task A_window_of_one_byte_carries_everything()
    {
        var engine = new InMemoryEngine { Window = 1 };
        await using var server = await SocketServer.StartAsync("127.0.0.1:0", Echo, new ServerOptions { Engine = engine });
        await using var client = await Connector.ConnectAsync(server.LocalAddress, new ConnectOptions { Engine = engine });
        Assert.Equal("one byte at a time", await Ask(client, "one byte at a time"));
    }

    [Fact]
    public async Task Nothing_is_held_after_both_ends_have_closed()
    {
        await using var server = await ServeEcho("127.0.0.1:7000");
        var (client, end) = await TalkAndHangUp(server);
        Assert.Equal("PeerFinished, 5 in, 5 out", end);
        for (var tries = 0; client.IsAlive && tries < 100; tries++)
        {
            await Task.Yield();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.False(client.IsAlive, "the engine holds a closed connection");
        await server.StopAsync().WaitAsync(Cap);
        Assert.Equal(0, _engine.OpenCount);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<(WeakReference Client, string End)> TalkAndHangUp(SocketServer server)
    {
        var client = await Connect(server.LocalAddress);
        var ended = _end.Task;
        Assert.Equal("hello", await Ask(client, "hello"));
        await client.CloseAsync().WaitAsync(Cap);
        return (new WeakReference(client.Core), (await ended.WaitAsync(Cap)).ToString());
    }

    private Task<SocketServer> ServeEcho(string address) => SocketServer.StartAsync(address, (connection, ct) =>
    {
        _ = connection.Closed.ContinueWith(closed => _end.TrySetResult(closed.Result), TaskScheduler.Default);
        return Echo(connection, ct);
    }, new ServerOptions { Engine = _engine });

    private Task<Connection> Connect(Address address) =>
        Connector.ConnectAsync(address, new ConnectOptions { Engine = _engine });

    private static Task Echo(Connection connection, CancellationToken ct) => connection.Input.CopyToAsync(connection.Output, ct);

    private static async Task<string> Ask(Connection client, string text)
    {
        await client.SendAsync(Encoding.ASCII.GetBytes(text)).AsTask().WaitAsync(Cap);
        var reply = await client.Input.ReadAtLeastAsync(text.Length).AsTask().WaitAsync(Cap);
        var read = Encoding.ASCII.GetString(reply.Buffer);
        client.Input.AdvanceTo(reply.Buffer.End);
        return read;
    }
}
