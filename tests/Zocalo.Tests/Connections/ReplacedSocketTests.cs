using Zocalo.Engines;
using Zocalo.Testing;
using Zocalo.Tests.Engines.Loops;

namespace Zocalo.Tests.Connections;

/// <summary>A connection that goes on above another stream than it began with, as STARTTLS has it; the bytes that were received go
/// along.</summary>
public sealed class ReplacedSocketTests
{
    private const int Many = 200_000;

    public static bool IsLinux => OperatingSystem.IsLinux();

    public static TheoryData<string> All => ["async", "threads", "select", "epoll", "simulated"];

    [Theory(SkipUnless = nameof(IsLinux), Skip = "Some engines are for Linux")]
    [MemberData(nameof(All))]
    public async Task What_came_behind_the_change_is_read_through_the_new_one(string name)
    {
        await using var server = await StartAsync(name);
        await using var client = await ConnectAsync(name, server);
        await client.SendAsync((byte[])[.. "MASK\n"u8, .. MaskedSocket.Masked("hello"u8)]);      // in one piece, most of the time
        client.Core.ReplaceSocket((inner, rest) => new MaskedSocket(inner, rest));
        await client.SendAsync(" world"u8.ToArray());
        Assert.Equal("hello world"u8.ToArray(), await ReceiveAsync(client, 11));

        var bytes = new byte[Many];
        new Random(1).NextBytes(bytes);
        var sending = client.SendAsync(bytes).AsTask();
        Assert.Equal(bytes, await ReceiveAsync(client, Many));
        await sending.WaitAsync(LoopEngines.Cap);
        await client.CompleteOutputAsync().AsTask().WaitAsync(LoopEngines.Cap);
        Assert.Empty(await ReceiveAsync(client, 1));
        await client.CloseAsync().WaitAsync(LoopEngines.Cap);
        var end = await client.Closed;
        Assert.Equal((EndReason.Completed, 5 + 11L + Many, 11L + Many), (end.Reason, end.BytesSent, end.BytesReceived));
        var theirs = await server.End.WaitAsync(LoopEngines.Cap);
        Assert.Equal((EndReason.PeerFinished, 5 + 11L + Many, 11L + Many), (theirs.Reason, theirs.BytesReceived, theirs.BytesSent));
    }

    [Theory(SkipUnless = nameof(IsLinux), Skip = "Some engines are for Linux")]
    [MemberData(nameof(All))]
    public async Task A_drain_and_an_abort_go_through_it(string name)
    {
        await using var server = await StartAsync(name);
        await using var client = await ConnectAsync(name, server);
        await client.SendAsync((byte[])[.. "MASK\n"u8, .. MaskedSocket.Masked("hello"u8)]);
        client.Core.ReplaceSocket((inner, rest) => new MaskedSocket(inner, rest));
        Assert.Equal("hello"u8.ToArray(), await ReceiveAsync(client, 5));
        var stopping = server.StopAsync();
        Assert.Empty(await ReceiveAsync(client, 1));
        client.Abort();
        await stopping.WaitAsync(LoopEngines.Cap);
        Assert.Equal(EndReason.Aborted, (await client.Closed.WaitAsync(LoopEngines.Cap)).Reason);
    }

    [Fact]
    public async Task It_is_refused_while_something_is_in_flight()
    {
        var socket = new ScriptedSocket();
        var connection = socket.Connect();
        var reading = connection.Input.ReadAsync().AsTask();
        Refused("Another read is in progress");
        connection.Input.CancelPendingRead();
        connection.Input.AdvanceTo((await reading).Buffer.End);
        Refused("while nothing is received");
        ((IStreamOwner)connection.Core).OnReceived(IoResult.Nothing);
        socket.OnSend = static _ => IoResult.Pending;
        connection.Output.GetSpan()[0] = 1;
        connection.Output.Advance(1);
        Refused("flush first");
        await connection.Output.FlushAsync();
        Refused("flush first");
        ((IStreamOwner)connection.Core).OnSent(IoResult.Done(0));
        connection.Core.ReplaceSocket((inner, rest) => new MaskedSocket(inner, rest));
        connection.Abort();

        void Refused(string why) => Assert.Contains(
            why,
            Assert.Throws<InvalidOperationException>(
                () => connection.Core.ReplaceSocket((inner, rest) => new MaskedSocket(inner, rest))).Message,
            StringComparison.Ordinal);
    }

    private static async Task<byte[]> ReceiveAsync(Connection connection, int count)
    {
        var bytes = new byte[count];
        var received = 0;
        while (received < count
            && await connection.ReceiveAsync(bytes.AsMemory(received)).AsTask().WaitAsync(LoopEngines.Cap) is > 0 and var some)
        {
            received += some;
        }
        return bytes[..received];
    }

    private static async Task<MaskingServer> StartAsync(string name)
    {
        var engine = name switch
        {
            "async" => Engine.Async,
            "simulated" => SimulatedHost.OnThreadPool(),
            _ => LoopEngines.Make(name),
        };
        var end = new TaskCompletionSource<ConnectionEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = await SocketServer.StartAsync(
            "127.0.0.1:0", ServeAsync, new ServerOptions { Engine = engine }).WaitAsync(LoopEngines.Cap);
        return new(server, engine, end.Task);

        async Task ServeAsync(Connection connection, CancellationToken cancellationToken)
        {
            _ = connection.Closed.ContinueWith(closed => end.TrySetResult(closed.Result), TaskScheduler.Default);
            var line = await connection.Input.ReadAtLeastAsync(5, cancellationToken);
            connection.Input.AdvanceTo(line.Buffer.GetPosition(5));
            connection.Core.ReplaceSocket((inner, rest) => new MaskedSocket(inner, rest));
            await connection.Input.CopyToAsync(connection.Output, cancellationToken);
        }
    }

    private static Task<Connection> ConnectAsync(string name, MaskingServer server) => Connector
        .ConnectAsync(server.Address, new ConnectOptions { Engine = name == "async" ? Engine.Async : server.Engine })
        .WaitAsync(LoopEngines.Cap);

    private sealed class MaskingServer(SocketServer server, Engine engine, Task<ConnectionEnd> end) : IAsyncDisposable
    {
        internal Address Address => server.LocalAddress;

        internal Engine Engine => engine;

        internal Task<ConnectionEnd> End => end;

        internal Task StopAsync() => server.StopAsync();

        public async ValueTask DisposeAsync() => await server.StopAsync(new CancellationToken(canceled: true)).WaitAsync(LoopEngines.Cap);
    }
}
