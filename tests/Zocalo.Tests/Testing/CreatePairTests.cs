using System.Buffers;
using System.Net.Sockets;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing;

public class CreatePairTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task What_one_sends_the_other_receives()
    {
        var (client, server) = InMemoryEngine.CreatePair();
        await client.SendAsync("ping"u8.ToArray());
        Assert.Equal("ping"u8.ToArray(), await Read(server));
        await server.SendAsync("pong"u8.ToArray());
        Assert.Equal("pong"u8.ToArray(), await Read(client));
        Assert.Equal(client.LocalAddress, server.RemoteAddress);
        Assert.Equal(client.RemoteAddress, server.LocalAddress);

        var ends = await Task.WhenAll(client.CloseAsync(), server.CloseAsync()).WaitAsync(Cap);
        Assert.All(ends, end => Assert.Equal((DirectionEnd.Finished, DirectionEnd.Finished), (end.Input, end.Output)));
    }

    [Fact]
    public async Task A_reply_after_the_clients_fin_arrives()
    {
        var (client, server) = InMemoryEngine.CreatePair();
        await client.SendAsync("question"u8.ToArray());
        await client.CompleteOutputAsync();
        Assert.Equal("question"u8.ToArray(), await Read(server));
        Assert.Empty(await Read(server));
        await server.SendAsync("answer"u8.ToArray());
        var closing = server.CloseAsync();
        Assert.Equal("answer"u8.ToArray(), await Read(client));
        Assert.Empty(await Read(client));
        Assert.Equal(EndReason.PeerFinished, (await closing.WaitAsync(Cap)).Reason);
        Assert.Equal(EndReason.Completed, (await client.CloseAsync().WaitAsync(Cap)).Reason);
    }

    [Fact]
    public async Task An_abort_is_a_reset_for_the_other_behind_what_had_arrived()
    {
        var (client, server) = InMemoryEngine.CreatePair();
        await client.SendAsync("half a mess"u8.ToArray());
        client.Abort();
        Assert.Equal("half a mess"u8.ToArray(), await Read(server));
        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<ConnectionException>(() => Read(server))).SocketError);
        Assert.Equal(EndReason.Reset, (await server.Closed.WaitAsync(Cap)).Reason);
        Assert.Equal(EndReason.Aborted, (await client.Closed.WaitAsync(Cap)).Reason);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_stops_the_writer()
    {
        var options = new ConnectionOptions { SendHighWaterMark = 1024 };
        var (client, server) = InMemoryEngine.CreatePair(options);
        var sending = client.SendAsync(new byte[200_000]).AsTask();
        Assert.False(sending.IsCompleted);
        var received = 0;
        while (received < 200_000)
        {
            received += (await Read(server)).Length;
        }
        await sending.WaitAsync(Cap);
        client.Abort();
        server.Abort();
    }

    [Fact]
    public async Task A_close_that_the_other_does_not_answer_ends_by_the_given_clock()
    {
        var time = new FakeTime();
        var (client, server) = InMemoryEngine.CreatePair(new ConnectionOptions { CloseTimeout = TimeSpan.FromHours(1) }, time);
        var closing = client.CloseAsync();
        time.Advance(TimeSpan.FromHours(3));
        var end = await closing.WaitAsync(Cap);
        Assert.Equal((EndReason.DeadlineExceeded, Deadline.Close), (end.Reason, end.Deadline));
        server.Abort();
        await server.Closed.WaitAsync(Cap);
        Assert.Equal(0, time.PendingTimers);
    }

    [Fact]
    public async Task A_large_reply_to_a_slow_reader_outlasts_the_close_timeout()
    {
        const int Total = 250_000;      // the last three quarters are one send
        var time = new FakeTime();
        var (client, server) = InMemoryEngine.CreatePair(new ConnectionOptions { CloseTimeout = TimeSpan.FromSeconds(1), SendHighWaterMark = 2 * Total }, time);
        await server.SendAsync(new byte[Total]);
        var closing = server.CloseAsync();
        for (var received = 0; received < Total;)
        {
            // One read a second: each is progress, though no send ends by it.
            received += (await Read(client)).Length;
            time.Advance(TimeSpan.FromSeconds(1));
        }
        await client.CloseAsync().WaitAsync(Cap);
        Assert.Equal(EndReason.Completed, (await closing.WaitAsync(Cap)).Reason);
    }

    private static async Task<byte[]> Read(Connection connection)
    {
        var result = await connection.Input.ReadAsync().AsTask().WaitAsync(Cap);
        var bytes = result.Buffer.ToArray();
        connection.Input.AdvanceTo(result.Buffer.End);
        return bytes;
    }
}
