using System.Buffers;
using System.Net.Sockets;
using Zocalo.Contract.Harness;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing;

public class ConnectionPairTests
{
    [Fact]
    public async Task What_one_sends_the_other_receives()
    {
        var (client, server) = ConnectionPair.Create();
        await client.SendAsync("ping"u8.ToArray()).InTime();
        Assert.Equal("ping"u8.ToArray(), await Read(server));
        await server.SendAsync("pong"u8.ToArray()).InTime();
        Assert.Equal("pong"u8.ToArray(), await Read(client));
        Assert.Equal(client.LocalAddress, server.RemoteAddress);
        Assert.Equal(client.RemoteAddress, server.LocalAddress);

        var ends = await Task.WhenAll(client.CloseAsync(), server.CloseAsync()).InTime();
        Assert.All(ends, end => Assert.Equal((DirectionEnd.Finished, DirectionEnd.Finished), (end.Input, end.Output)));
    }

    [Fact]
    public async Task A_reply_after_the_clients_fin_arrives()
    {
        var (client, server) = ConnectionPair.Create();
        await client.SendAsync("question"u8.ToArray()).InTime();
        await client.CompleteOutputAsync().InTime();
        Assert.Equal("question"u8.ToArray(), await Read(server));
        Assert.Empty(await Read(server));
        await server.SendAsync("answer"u8.ToArray()).InTime();
        var closing = server.CloseAsync();
        Assert.Equal("answer"u8.ToArray(), await Read(client));
        Assert.Empty(await Read(client));
        Assert.Equal(EndReason.PeerFinished, (await closing.InTime()).Reason);
        Assert.Equal(EndReason.Completed, (await client.CloseAsync().InTime()).Reason);
    }

    [Fact]
    public async Task An_abort_is_a_reset_for_the_other_behind_what_had_arrived()
    {
        var (client, server) = ConnectionPair.Create();
        await client.SendAsync("half a mess"u8.ToArray()).InTime();
        client.Abort();
        Assert.Equal("half a mess"u8.ToArray(), await Read(server));
        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<ConnectionException>(() => Read(server))).SocketError);
        Assert.Equal(EndReason.Reset, (await server.Closed.InTime()).Reason);
        Assert.Equal(EndReason.Aborted, (await client.Closed.InTime()).Reason);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_stops_the_writer()
    {
        var options = new ConnectionOptions { SendHighWaterMark = 1024 };
        var (client, server) = ConnectionPair.Create(options);
        var sending = client.SendAsync(new byte[200_000]).AsTask();
        Assert.False(sending.IsCompleted);
        var received = 0;
        while (received < 200_000)
        {
            received += (await Read(server)).Length;
        }
        await sending.InTime();
        client.Abort();
        server.Abort();
    }

    [Fact]
    public async Task A_close_that_the_other_does_not_answer_ends_by_the_given_clock()
    {
        var time = new FakeTime();
        var (client, server) = ConnectionPair.Create(new ConnectionOptions { CloseTimeout = TimeSpan.FromHours(1) }, time);
        var closing = client.CloseAsync();
        time.Advance(TimeSpan.FromHours(3));
        var end = await closing.InTime();
        Assert.Equal((EndReason.DeadlineExceeded, Deadline.Close), (end.Reason, end.Deadline));
        server.Abort();
        await server.Closed.InTime();
        Assert.Equal(0, time.PendingTimers);
    }

    [Fact]
    public void A_window_must_hold_something() => Assert.Throws<ArgumentOutOfRangeException>(() => ConnectionPair.Create(window: 0));

    [Fact]
    public async Task A_window_of_one_byte_carries_everything()
    {
        var (client, server) = ConnectionPair.Create(window: 1);
        await client.SendAsync("one byte at a time"u8.ToArray()).InTime();
        await client.CompleteOutputAsync().InTime();
        var received = new List<byte>();
        while (await Read(server) is { Length: > 0 } bytes)
        {
            Assert.Single(bytes);
            received.AddRange(bytes);
        }
        Assert.Equal("one byte at a time"u8.ToArray(), received);
        await Task.WhenAll(client.CloseAsync(), server.CloseAsync()).InTime();
    }

    private static async Task<byte[]> Read(Connection connection)
    {
        var result = await connection.Input.ReadAsync().InTime();
        var bytes = result.Buffer.ToArray();
        connection.Input.AdvanceTo(result.Buffer.End);
        return bytes;
    }
}
