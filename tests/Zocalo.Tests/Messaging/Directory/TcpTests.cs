using System.Text;
using Zocalo.Contract.Harness;
using Zocalo.Tests.Engines.Loops;

namespace Zocalo.Tests.Messaging.Directory;

/// <summary>A chat server over TCP on the loopback, as a program would write it.</summary>
public sealed class TcpTests
{
    private static readonly FrameFormat Format = Frames.Lines();

    private readonly PeerDirectory<string> _online = new();
    private readonly Events _events;

    public TcpTests() => _events = new Events(_online);

    [Fact]
    public async Task People_log_in_talk_are_replaced_and_leave()
    {
        await using var server = await StartAsync();
        await using var ana = await LoginAsync(server, "ana");
        await using var bob = await LoginAsync(server, "bob");
        await SayAsync(ana, "hello");
        Assert.Equal("ana: hello", await HearAsync(ana));
        Assert.Equal("ana: hello", await HearAsync(bob));

        await using var newer = await Connector.ConnectAsync(server.LocalAddress, Format).InTime();
        await SayAsync(newer, "bob");
        Assert.Equal(["bob offline Replaced", "bob online"], [await _events.NextAsync(), await _events.NextAsync()]);
        await Assert.ThrowsAsync<ConnectionException>(async () => await bob.WaitToReadAsync().InTime());
        await SayAsync(newer, "still here");
        Assert.Equal("bob: still here", await HearAsync(ana));
        Assert.Equal("bob: still here", await HearAsync(newer));

        await ana.CloseAsync().InTime();
        Assert.Equal("ana offline PeerFinished", await _events.NextAsync());
        newer.Abort();
        Assert.Equal("bob offline Reset", await _events.NextAsync());
        Assert.Empty(_online);
    }

    [Fact]
    public async Task A_client_that_does_not_read_does_not_hold_up_the_room()
    {
        await using var server = await StartAsync(new() { Messaging = new() { WhenOutboxIsFull = OutboxPolicy.Disconnect } });
        await using var ana = await LoginAsync(server, "ana");
        await using var deaf = await LoginAsync(server, "deaf");
        var line = Encoding.UTF8.GetBytes(new string('x', 60_000));
        // More than the kernel's buffers take in any case: until then everybody who reads gets every line.
        var cut = 0;
        for (var i = 0; cut == 0; i++)
        {
            Assert.InRange(i, 0, 5000);
            var result = await _online.BroadcastAsync(line).InTime();
            Assert.InRange(result.Sent, 1, 2);
            cut = result.Cut;
            Assert.InRange(cut, 0, 1);
            Assert.Equal(0, result.Gone);
            Assert.Equal(60_000, (await HearAsync(ana)).Length);
        }
        Assert.Equal("deaf offline LimitExceeded", await _events.NextAsync());
        Assert.Equal(["ana"], _online.Keys);
        deaf.Abort();
    }

    private async Task<Served> StartAsync(ServerOptions? options = null) => new(await SocketServer.StartAsync(
        "tcp://127.0.0.1:0",
        Format,
        async (peer, ct) =>
        {
            string? name = null;
            await foreach (var frame in peer.ReadAllAsync(ct))
            {
                var text = Encoding.UTF8.GetString(frame.Span);
                if (name is null)
                {
                    _online.Bind(name = text, peer);
                    _online.Group("room").Join(name);
                }
                else
                {
                    await _online.Group("room").BroadcastAsync(Encoding.UTF8.GetBytes($"{name}: {text}"), ct);
                }
            }
        },
        options).InTime("the server's start"));

    private async Task<FramedConnection<Frame, Frame>> LoginAsync(Served server, string name)
    {
        var client = await Connector.ConnectAsync(server.LocalAddress, Format).InTime();
        await SayAsync(client, name);
        Assert.Equal($"{name} online", await _events.NextAsync());
        return client;
    }

    private static async Task SayAsync(FramedConnection<Frame, Frame> client, string text) =>
        await client.SendAsync(Encoding.UTF8.GetBytes(text)).InTime();

    private static async Task<string> HearAsync(FramedConnection<Frame, Frame> client)
    {
        Assert.True(await client.WaitToReadAsync().InTime());
        Assert.True(client.TryRead(out var frame));
        return Encoding.UTF8.GetString(frame.Span);
    }
}
