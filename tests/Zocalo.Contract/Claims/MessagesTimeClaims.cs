using System.Buffers;
using System.Text;

namespace Zocalo.Contract.Claims;

/// <summary>Messages have limits of time, and a silent peer is pinged. On a clock of the test's.</summary>
public sealed class MessagesTimeClaims
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Latest = (Limit * 1.25) + TimeSpan.FromSeconds(1);
    private static readonly Protocol<string, string> Words =
        Frames.Lines().Map(
            static frame => frame.Text(),
            static (string word, IBufferWriter<byte> into) => into.Write(Encoding.UTF8.GetBytes(word)));

    [Claim]
    public async Task A_message_that_begins_and_does_not_end_is_cut(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        var framed = pair.Server.AsFramed(Words, new() { MessageTimeout = Limit });
        time.Advance(Latest * 3);       // none has begun
        var reading = framed.WaitToReadAsync().AsTask();
        await pair.Client.SayAsync("half a mess");
        await Patience.UntilAsync(() => pair.Server.Core.Read.IsInPart(out _));
        time.Advance(Limit);
        Assert.Null(pair.Server.Core.Cause);
        time.Advance(Latest - Limit + TimeSpan.FromSeconds(5));     // seen from the visit on that finds it
        Assert.Equal(Deadline.Message, (await Assert.ThrowsAsync<ConnectionException>(() => reading.InTime())).Deadline);
    }

    [Claim]
    public async Task Messages_that_are_whole_in_time_are_not_cut(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        var framed = pair.Server.AsFramed(Words, new() { MessageTimeout = Limit, FirstMessageTimeout = Limit });
        for (var i = 0; i < 10; i++)
        {
            var reading = framed.WaitToReadAsync().AsTask();
            await pair.Client.SayAsync("half ");
            time.Advance(Limit * 0.7);
            await pair.Client.SayAsync("a message\n");
            Assert.True(await reading.InTime());
            Assert.True(framed.TryRead(out var word));
            Assert.Equal("half a message", word);
        }
        Assert.Null(pair.Server.Core.Cause);
    }

    [Claim]
    public async Task A_peer_that_completes_no_first_message_is_cut(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        var framed = pair.Server.AsFramed(Words, new() { FirstMessageTimeout = Limit });
        var reading = framed.WaitToReadAsync().AsTask();
        time.Advance(Limit);
        Assert.Null(pair.Server.Core.Cause);
        time.Advance(Latest - Limit);
        Assert.Equal(Deadline.FirstMessage, (await Assert.ThrowsAsync<ConnectionException>(() => reading.InTime())).Deadline);
    }

    [Claim]
    public async Task A_silent_peer_is_pinged_and_one_that_answers_lives(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        var server = pair.Server.AsFramed(Words.WithHeartbeat("ping", Limit, misses: 2, static word => word == "pong"));
        var client = pair.Client.AsFramed(Words);
        for (var i = 0; i < 6; i++)
        {
            time.Advance(Latest);       // the next one comes later than that
            Assert.True(await client.WaitToReadAsync().InTime());
            Assert.True(client.TryRead(out var ping));
            Assert.Equal("ping", ping);
            await client.SendAsync("pong");
            await Patience.UntilAsync(() => pair.Server.Core.Read.BytesReceived == (i + 1) * 5);
        }
        await client.SendAsync("word");
        await using var words = server.ReadAllAsync().GetAsyncEnumerator();
        Assert.True(await words.MoveNextAsync().InTime());
        Assert.Equal("word", words.Current);        // and no pong
    }

    [Claim]
    public async Task A_peer_that_answers_no_ping_is_cut_after_the_misses(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        _ = pair.Server.AsFramed(Words.WithHeartbeat("ping", Limit, misses: 2));
        var client = pair.Client.AsFramed(Words);
        var heard = client.WaitToReadAsync().AsTask();
        time.Advance(Limit * 2.8);
        Assert.Null(pair.Server.Core.Cause);
        Assert.True(await heard.InTime());
        time.Advance(Limit * 0.95);
        Assert.Equal(Deadline.Heartbeat, (await pair.Server.Closed.InTime()).Deadline);
        Assert.True(client.TryRead(out var ping));
        Assert.Equal("ping", ping);
    }

    [Claim]
    public async Task Whatever_the_peer_sends_answers_a_ping(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        _ = pair.Server.AsFramed(Words.WithHeartbeat("ping", Limit, misses: 1));
        for (var i = 1; i <= 10; i++)
        {
            await pair.Client.SayAsync("a\n");
            await pair.DeliveredAsync(pair.Client, i * 2);
            time.Advance(Limit * 1.5);
        }
        Assert.Null(pair.Server.Core.Cause);
    }
}
