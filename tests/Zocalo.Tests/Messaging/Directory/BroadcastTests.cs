using System.Buffers;
using System.Text;
using Zocalo.Testing;

namespace Zocalo.Tests.Messaging.Directory;

public sealed class BroadcastTests
{
    private readonly PeerDirectory<string> _directory = new();

    [Fact]
    public async Task Everybody_gets_it_and_is_counted()
    {
        await using var ana = new Login();
        await using var bob = new Login();
        _directory.Bind("ana", ana.Peer);
        _directory.Bind("bob", bob.Peer);
        Assert.Equal(new BroadcastResult(Sent: 2, 0, 0, 0), await _directory.BroadcastAsync("hello"u8.ToArray()));
        Assert.Equal("hello", await NextAsync(ana));
        Assert.Equal("hello", await NextAsync(bob));
    }

    [Fact]
    public async Task Nobody_online_is_no_error() => Assert.Equal(default, await _directory.BroadcastAsync(new byte[1]));

    [Theory]
    [InlineData(OutboxPolicy.Wait)]
    [InlineData(OutboxPolicy.Fail)]
    [InlineData(OutboxPolicy.Disconnect)]
    public async Task A_slow_peer_follows_its_policy_and_holds_up_nobody(OutboxPolicy policy)
    {
        // Slow ones before and behind the others, wherever enumeration begins.
        var slow = Enumerable.Range(0, 3).Select(_ => Login.WithSmallOutbox(policy)).ToList();
        var quick = Enumerable.Range(0, 3).Select(_ => new Login()).ToList();
        for (var i = 0; i < 3; i++)
        {
            _directory.Bind($"slow {i}", slow[i].Peer);
            _directory.Bind($"quick {i}", quick[i].Peer);
            await slow[i].ClogAsync();
        }
        var broadcast = _directory.BroadcastAsync("hello"u8.ToArray());
        foreach (var login in quick)
        {
            Assert.Equal("hello", await NextAsync(login));
        }
        switch (policy)
        {
            case OutboxPolicy.Wait:
                Assert.False(broadcast.IsCompleted);
                foreach (var login in slow)
                {
                    Assert.Equal(200_000, (await NextAsync(login)).Length);
                    Assert.Equal("hello", await NextAsync(login));
                }
                Assert.Equal(new BroadcastResult(Sent: 6, 0, 0, 0), await broadcast.WaitAsync(Login.Cap));
                break;
            case OutboxPolicy.Fail:
                Assert.True(broadcast.IsCompleted);
                Assert.Equal(new BroadcastResult(Sent: 3, Full: 3, 0, 0), await broadcast);
                Assert.Equal(6, _directory.Count);
                break;
            case OutboxPolicy.Disconnect:
                Assert.True(broadcast.IsCompleted);
                Assert.Equal(new BroadcastResult(Sent: 3, 0, Cut: 3, 0), await broadcast);
                foreach (var login in slow)
                {
                    Assert.Equal(EndReason.LimitExceeded, (await login.Peer.Closed.WaitAsync(Login.Cap)).Reason);
                }
                break;
        }
        await DisposeAsync([.. slow, .. quick]);
    }

    [Fact]
    public async Task A_peer_that_breaks_while_the_message_waits_for_it_is_gone()
    {
        await using var slow = Login.WithSmallOutbox(OutboxPolicy.Wait);
        _directory.Bind("slow", slow.Peer);
        await slow.ClogAsync();
        var broadcast = _directory.BroadcastAsync("hello"u8.ToArray());
        Assert.False(broadcast.IsCompleted);
        slow.Client.Abort();
        var result = await broadcast.WaitAsync(Login.Cap);
        Assert.Equal(new BroadcastResult(0, 0, 0, Gone: 1), result);
        Assert.Equal(1, result.Missed);
    }

    [Fact]
    public async Task Cancelled_it_leaves_no_trace_with_the_slow()
    {
        using var giveUp = new CancellationTokenSource();
        await using var slow = Login.WithSmallOutbox(OutboxPolicy.Wait);
        await using var quick = new Login();
        _directory.Bind("slow", slow.Peer);
        _directory.Bind("quick", quick.Peer);
        await slow.ClogAsync();
        var broadcast = _directory.BroadcastAsync("hello"u8.ToArray(), giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => broadcast.WaitAsync(Login.Cap));
        Assert.Equal("hello", await NextAsync(quick));
        Assert.Equal(200_000, (await NextAsync(slow)).Length);
        await _directory.SendAsync("slow", "after"u8.ToArray());
        Assert.Equal("after", await NextAsync(slow));
    }

    [Fact]
    public async Task It_is_encoded_once_for_each_format_and_not_for_each_peer()
    {
        var encoded = 0;
        var four = Login.Format.Map<string, string>(Decode, Encode);
        var two = Frames.LengthPrefixed(2).Map<string, string>(Decode, Encode);
        var directory = new PeerDirectory<int, string, string>();
        var clients = new List<FramedConnection<string, string>>();
        for (var i = 0; i < 10; i++)
        {
            var (client, server) = ConnectionPair.Create();
            // With and without replies it is written in the same way.
            var protocol = (i % 3) switch { 0 => four, 1 => four.WithRepliesInOrder(static _ => false), _ => two };
            clients.Add(client.AsFramed(i % 3 == 2 ? two : four));
            directory.Bind(i, server.AsFramed(protocol));
        }
        Assert.Equal(new BroadcastResult(Sent: 10, 0, 0, 0), await directory.BroadcastAsync("hello"));
        Assert.Equal(2, encoded);
        foreach (var client in clients)
        {
            Assert.True(await client.WaitToReadAsync().AsTask().WaitAsync(Login.Cap));
            Assert.True(client.TryRead(out var message));
            Assert.Equal("hello", message);
            client.Abort();
        }
        foreach (var (_, peer) in directory)
        {
            peer.Abort();
        }

        static string Decode(Frame frame) => Encoding.UTF8.GetString(frame.Span);

        void Encode(string message, IBufferWriter<byte> into)
        {
            encoded++;
            Encoding.UTF8.GetBytes(message, into);
        }
    }

    [Fact]
    public async Task The_messages_memory_is_the_callers_again_when_the_call_returns()
    {
        await using var slow = Login.WithSmallOutbox(OutboxPolicy.Wait);
        _directory.Bind("slow", slow.Peer);
        await slow.ClogAsync();
        var message = "hello"u8.ToArray();
        var broadcast = _directory.BroadcastAsync(message);
        message.AsSpan().Clear();
        Assert.Equal(200_000, (await NextAsync(slow)).Length);
        Assert.Equal("hello", await NextAsync(slow));
        Assert.Equal(1, (await broadcast.WaitAsync(Login.Cap)).Sent);
    }

    // The client's side, read by hand: a length of four bytes, then the payload.
    private static async Task<string> NextAsync(Login login)
    {
        var header = await login.Client.Input.ReadAtLeastAsync(4).AsTask().WaitAsync(Login.Cap);
        var length = new SequenceReader<byte>(header.Buffer);
        Assert.True(length.TryReadBigEndian(out int count));
        login.Client.Input.AdvanceTo(header.Buffer.GetPosition(4));
        var payload = await login.Client.Input.ReadAtLeastAsync(count).AsTask().WaitAsync(Login.Cap);
        var text = Encoding.UTF8.GetString(payload.Buffer.Slice(0, count));
        login.Client.Input.AdvanceTo(payload.Buffer.GetPosition(count));
        return text;
    }

    private static async Task DisposeAsync(IEnumerable<Login> logins)
    {
        foreach (var login in logins)
        {
            await login.DisposeAsync();
        }
    }
}
