using System.Buffers.Binary;
using System.Text;

namespace Zocalo.Tests.Messaging.Directory;

public sealed class SendingTests
{
    private readonly PeerDirectory<string> _directory = new();

    [Fact]
    public async Task What_is_sent_to_a_key_arrives_at_whoever_is_online()
    {
        await using var login = new Login();
        await using var client = login.Client.AsFramed(Login.Format);
        _directory.Bind("ana", login.Peer);
        Assert.True(_directory.TrySend("ana", "one"u8.ToArray()));
        await _directory.SendAsync("ana", "two"u8.ToArray());
        Assert.Equal("one", await NextAsync(client));
        Assert.Equal("two", await NextAsync(client));
        client.Abort();
    }

    [Fact]
    public async Task Nobody_online_is_false_or_an_exception_with_the_key()
    {
        Assert.False(_directory.TrySend("ana", new byte[1]));
        Assert.Equal(
            "ana", (await Assert.ThrowsAsync<PeerOfflineException>(async () => await _directory.SendAsync("ana", new byte[1]))).Key);
        Assert.Equal("ana", (await Assert.ThrowsAsync<PeerOfflineException>(() => _directory.RequestAsync("ana", new byte[1]))).Key);
    }

    [Fact]
    public async Task A_peer_that_is_being_closed_counts_as_offline_before_it_has_ended()
    {
        await using var login = new Login();
        _directory.Bind("ana", login.Peer);
        var closing = login.Peer.CloseAsync();      // waits for the client, which does nothing
        Assert.False(_directory.TrySend("ana", new byte[1]));
        await Assert.ThrowsAsync<PeerOfflineException>(async () => await _directory.SendAsync("ana", new byte[1]));
        Assert.Equal(new BroadcastResult(0, 0, 0, Gone: 1), await _directory.BroadcastAsync(new byte[1]));
        Assert.False(closing.IsCompleted);
    }

    [Fact]
    public async Task A_full_outbox_is_false_or_what_its_policy_says()
    {
        await using var login = Login.WithSmallOutbox(OutboxPolicy.Fail);
        _directory.Bind("ana", login.Peer);
        await login.ClogAsync();
        Assert.False(_directory.TrySend("ana", new byte[1]));
        await Assert.ThrowsAsync<OutboxFullException>(async () => await _directory.SendAsync("ana", new byte[1]));
        Assert.True(_directory.TryGet("ana", out _));
    }

    [Fact]
    public async Task A_message_that_cannot_be_encoded_is_the_senders_fault()
    {
        await using var login = new Login();
        _directory.Bind("ana", login.Peer);
        var tooLong = new byte[Login.Format.MaxFrameLength + 1];
        Assert.Throws<ArgumentException>(() => _directory.TrySend("ana", tooLong));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _directory.SendAsync("ana", tooLong));
        await Assert.ThrowsAsync<ArgumentException>(() => _directory.BroadcastAsync(tooLong));
        Assert.True(_directory.TrySend("ana", new byte[1]));
    }

    [Fact]
    public async Task A_send_that_waits_ends_with_the_reason_when_its_peer_is_replaced()
    {
        await using var slow = Login.WithSmallOutbox(OutboxPolicy.Wait);
        await using var second = new Login();
        _directory.Bind("ana", slow.Peer);
        await slow.ClogAsync();
        var waiting = _directory.SendAsync("ana", new byte[1]).AsTask();
        Assert.False(waiting.IsCompleted);
        _directory.Bind("ana", second.Peer);
        var error = await Assert.ThrowsAsync<ConnectionException>(() => waiting.WaitAsync(Login.Cap));
        Assert.Equal(EndReason.Replaced, error.Reason);
    }

    [Fact]
    public async Task A_request_to_a_key_gets_its_reply_or_the_reason_why_not()
    {
        var protocol = Protocol.Of(Login.Format).WithRepliesById(new FirstBytes());
        var directory = new PeerDirectory<string>();
        var (client, peer) = Connect();
        directory.Bind("device", peer);
        var asked = directory.RequestAsync("device", new byte[4]);
        Assert.True(await client.WaitToReadAsync().AsTask().WaitAsync(Login.Cap));
        Assert.True(client.TryRead(out var request));
        await client.SendAsync((byte[])[.. request.Span, 42]);
        Assert.Equal(42, (await asked.WaitAsync(Login.Cap)).Span[4]);

        var unanswered = directory.RequestAsync("device", new byte[4]);
        Assert.True(await client.WaitToReadAsync().AsTask().WaitAsync(Login.Cap));
        var (_, newer) = Connect();
        directory.Bind("device", newer);
        Assert.Equal(EndReason.Replaced, (await Assert.ThrowsAsync<ConnectionException>(() => unanswered.WaitAsync(Login.Cap))).Reason);
        newer.Abort();
        client.Abort();

        (FramedConnection<Frame, Frame> Client, FramedConnection<Frame, Frame> Peer) Connect()
        {
            var (one, other) = Zocalo.Testing.ConnectionPair.Create();
            return (one.AsFramed(Login.Format), other.AsFramed(protocol));
        }
    }

    [Fact]
    public async Task Senders_meet_nothing_worse_than_a_replacement_while_logins_replace_each_other()
    {
        const int LoginCount = 200;
        using var stop = new CancellationTokenSource(Login.Cap);
        var logins = Enumerable.Range(0, LoginCount).Select(_ => new Login()).ToList();
        var received = logins.Select(login => ReadAllAsync(login.Client.AsFramed(Login.Format))).ToList();
        var accepted = new int[2];
        _directory.Bind("ana", logins[0].Peer);
        var senders = new[] { SendAsync(0), TrySendAsync(1) };
        try
        {
            foreach (var login in logins.Skip(1))
            {
                _directory.Bind("ana", login.Peer);
                await Task.Yield();
            }
        }
        finally
        {
            await stop.CancelAsync();
        }
        await Task.WhenAll(senders).WaitAsync(Login.Cap);
        await _directory.SendAsync("ana", "last"u8.ToArray());
        // Ten bytes each until then; a client that was cut in the middle of its stream has whole messages as well.
        await logins[^1].Peer.CompleteOutputAsync();
        var last = await received[^1].WaitAsync(Login.Cap);
        Assert.Equal("last"u8, last[^1]);
        logins[^1].Peer.Abort();
        var all = (await Task.WhenAll(received).WaitAsync(Login.Cap)).SelectMany(messages => messages).ToList();
        Assert.All(all.SkipLast(1), message => Assert.Equal("0123456789"u8, message));
        Assert.InRange(all.Count - 1, 0, accepted.Sum());

        async Task SendAsync(int sender)
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await _directory.SendAsync("ana", "0123456789"u8.ToArray());
                    accepted[sender]++;
                }
                catch (ConnectionException error)
                {
                    Assert.Equal(EndReason.Replaced, error.Reason);
                    accepted[sender]++;     // or not: this peer's connection may have taken it
                }
                await Task.Yield();
            }
        }

        async Task TrySendAsync(int sender)
        {
            while (!stop.IsCancellationRequested)
            {
                _directory.TrySend("ana", "0123456789"u8.ToArray());
                accepted[sender]++;
                await Task.Yield();
            }
        }

        static async Task<List<byte[]>> ReadAllAsync(FramedConnection<Frame, Frame> client)
        {
            var messages = new List<byte[]>();
            try
            {
                await foreach (var message in client.ReadAllAsync())
                {
                    messages.Add(message.ToArray());
                }
            }
            catch (ConnectionException error)
            {
                Assert.Equal(EndReason.Reset, error.Reason);
            }
            client.Abort();
            return messages;
        }
    }

    private static async Task<string> NextAsync(FramedConnection<Frame, Frame> client)
    {
        Assert.True(await client.WaitToReadAsync().AsTask().WaitAsync(Login.Cap));
        Assert.True(client.TryRead(out var frame));
        return Encoding.UTF8.GetString(frame.Span);
    }

    private sealed class FirstBytes : ICorrelation<Frame, Frame>
    {
        public Frame WithId(Frame request, long id)
        {
            var bytes = request.ToArray();
            BinaryPrimitives.WriteInt32BigEndian(bytes, (int)id);
            return bytes;
        }

        public bool TryGetReplyId(Frame message, out long id)
        {
            id = BinaryPrimitives.ReadInt32BigEndian(message.Span);
            return true;
        }
    }
}
