using System.Net.Sockets;

namespace Zocalo.Tests.Timing;

/// <summary>A Unix socket has no limit of the system's for a peer that takes nothing: the visits find it.</summary>
public sealed class WriteStallTests
{
    private const int Piece = 64 * 1024;

    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(10);

    public static TheoryData<string> Engines => ["async", "threads", "epoll"];

    public static bool IsLinux => OperatingSystem.IsLinux();

    [Theory(SkipUnless = nameof(IsLinux), Skip = "Abstract Unix sockets: Linux only.")]
    [MemberData(nameof(Engines))]
    public async Task A_peer_that_takes_nothing_is_found_and_one_that_takes_a_little_is_not(string name)
    {
        Assert.True(Engine.TryCreate(name, out var engine, out var reason), reason);
        var time = new Zocalo.Testing.FakeTime();
        var impatient = new ConnectionOptions { WriteStallTimeout = Stall };
        await using var listener = await Listener.ListenAsync(
            $"unix:@zocalo-{Guid.NewGuid():N}", new() { Engine = engine, Connection = impatient, Time = time });
        var client = await Connector.ConnectAsync(listener.LocalAddress);
        var server = await listener.AcceptAsync();
        using var cut = new Cut(client, server);        // a close would wait for a clock that stands still
        var sending = SendForEverAsync(server);
        var buffer = new byte[100_000];
        for (var i = 0; i < 10; i++)
        {
            // A Unix socket shows its sender nothing before a whole piece, which is what one send was, is taken.
            for (var taken = 0; taken < 2 * Piece; taken += await client.ReceiveAsync(buffer).AsTask().WaitAsync(Cap))
            {
            }
            time.Advance(Stall * 0.7);
        }
        Assert.Null(server.Core.Cause);
        // The sender may still be filling the system's buffer: then something has moved, and the time begins again.
        for (var i = 0; !sending.IsCompleted && i < 1000; i++)
        {
            time.Advance(Stall * 2);
            await Task.WhenAny(sending, Task.Delay(TimeSpan.FromMilliseconds(10)));
        }
        var error = await Assert.ThrowsAsync<ConnectionException>(() => sending.WaitAsync(Cap));
        Assert.Equal((EndReason.Unresponsive, SocketError.TimedOut), (error.Reason, error.SocketError));
    }

    private sealed class Cut(params Connection[] all) : IDisposable
    {
        public void Dispose() => Array.ForEach(all, static each => each.Abort());
    }

    private static async Task SendForEverAsync(Connection connection)
    {
        var bytes = new byte[Piece];
        while (true)
        {
            await connection.SendAsync(bytes);
        }
    }
}
