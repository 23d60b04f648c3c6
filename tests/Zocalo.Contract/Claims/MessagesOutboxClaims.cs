namespace Zocalo.Contract.Claims;

/// <summary>A peer that takes less than it is sent: senders wait in the order of their calls, or are told, as the policy says; memory is
/// bounded.</summary>
public sealed class MessagesOutboxClaims
{
    private static readonly MessagingOptions Fail = new() { WhenOutboxIsFull = OutboxPolicy.Fail };
    private static readonly MessagingOptions Disconnect = new() { WhenOutboxIsFull = OutboxPolicy.Disconnect };

    [Claim]
    public async Task Waiting_sends_go_out_in_the_order_of_their_calls(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(Messages.Roomy);
        var client = await ClogAsync(pair);
        var waiting = Enumerable.Range(0, 1_000).Select(i => client.SendAsync(Messages.Of($"message {i}")).AsTask()).ToArray();
        Assert.All(waiting, send => Assert.False(send.IsCompleted));
        Assert.False(client.TrySend(Messages.Of("an overtaker")));
        await pair.Server.TakeAsync(Messages.ClogLength);
        var server = pair.Server.AsMessages();
        for (var i = 0; i < waiting.Length; i++)
        {
            await server.HearAsync($"message {i}");
        }
        await Task.WhenAll(waiting).InTime();
        Assert.True(client.TrySend(Messages.Of("after them")));
        await server.HearAsync("after them");
    }

    [Claim]
    public async Task A_cancelled_wait_leaves_no_trace_and_the_others_go_on(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(Messages.Roomy);
        var client = await ClogAsync(pair);
        using var cancel = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 300)
            .Select(i => client.SendAsync(Messages.Of($"message {i}"), i % 3 == 0 ? cancel.Token : default).AsTask())
            .ToArray();
        await cancel.FireAsync();
        for (var i = 0; i < waiting.Length; i += 3)
        {
            Assert.Equal(
                cancel.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting[i].InTime())).CancellationToken);
        }
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.SendAsync(Messages.Of("cancelled before"), cancel.Token).InTime().AsTask());
        await pair.Server.TakeAsync(Messages.ClogLength);
        var server = pair.Server.AsMessages();
        for (var i = 0; i < waiting.Length; i++)
        {
            if (i % 3 != 0)
            {
                await server.HearAsync($"message {i}");
                await waiting[i].InTime();
            }
        }
        await client.SayAsync("last");
        await server.HearAsync("last");
    }

    [Claim(Races = true)]
    public async Task Cancelling_while_the_peer_begins_to_read_sends_each_message_or_not_50_times(Transport transport)
    {
        const int Size = 100_000;
        var random = Chance.New();
        await using var pair = await transport.ConnectAsync(new() { SendHighWaterMark = 1 });
        var client = pair.Client.AsMessages(new() { OutboxCapacity = 1 });
        var server = pair.Server.AsMessages();
        for (var time = 0; time < transport.Times(Thorough.Times(50)); time++)
        {
            using var cancel = new CancellationTokenSource();
            var sends = Enumerable.Range(0, 40)
                .Select(i => client.SendAsync(Filled(i), i % 2 == 0 ? cancel.Token : default).AsTask())
                .ToArray();
            var cancelAt = random.Next(20);
            var hearing = Beside.Run(async () =>
            {
                var heard = new List<int>();
                for (var i = 0; i == 0 || heard[^1] >= 0; i++)
                {
                    if (i == cancelAt)
                    {
                        await cancel.FireAsync();
                    }
                    Assert.True(await server.WaitToReadAsync().InTime());
                    Assert.True(server.TryRead(out var frame));
                    heard.Add(frame.Length == Size ? frame.Span[0] : -1);
                    Assert.True(heard[^1] < 0 || frame.Span.IndexOfAnyExcept((byte)heard[^1]) < 0);
                }
                return heard;
            });
            await Record.ExceptionAsync(() => Task.WhenAll(sends)).InTime("every send to be accepted or cancelled");
            Assert.All(sends, send => Assert.True(send.IsCompletedSuccessfully || send.IsCanceled));
            await client.SayAsync("end");
            var accepted = Enumerable.Range(0, sends.Length).Where(i => sends[i].IsCompletedSuccessfully);
            Assert.Equal(accepted, (await hearing.InTime()).SkipLast(1));
    
        static byte[] Filled(int with)
        {
            var bytes = new byte[Size];
            bytes.AsSpan().Fill((byte)with);
            return bytes;
        }
    }
    }

    [Claim]
    public async Task The_policy_Fail_refuses_and_leaves_the_connection_whole(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(Messages.Roomy);
        var client = await ClogAsync(pair, Fail);
        for (var i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<OutboxFullException>(() => client.SendAsync(Messages.Of("refused")).InTime().AsTask());
            Assert.False(client.TrySend(Messages.Of("refused")));
        }
        await pair.Server.TakeAsync(Messages.ClogLength);
        await Patience.UntilAsync(() => client.TrySend(Messages.Of("accepted")));
        await client.SayAsync("accepted too");
        var server = pair.Server.AsMessages();
        await server.HearAsync("accepted");
        await server.HearAsync("accepted too");
        Assert.Contains(await EndAsync(pair), new[] { EndReason.Completed, EndReason.PeerFinished });      // both close at once
    }

    [Claim]
    public async Task The_policy_Disconnect_cuts(Transport transport)
    {
        foreach (var trying in new[] { false, true })
        {
            await using var pair = await transport.ConnectAsync(Messages.Roomy);
            var client = await ClogAsync(pair, Disconnect);
            if (trying)
            {
                Assert.False(client.TrySend(Messages.Of("too much")));
            }
            else
            {
                var error = await Assert.ThrowsAsync<ConnectionException>(
                    () => client.SendAsync(Messages.Of("too much")).InTime().AsTask());
                Assert.Equal(EndReason.LimitExceeded, error.Reason);
                Assert.IsType<OutboxFullException>(error.InnerException);
            }
            var end = await client.CloseAsync().InTime();
            Assert.Equal((EndReason.LimitExceeded, DirectionEnd.Broken), (end.Reason, end.Output));
            Assert.IsType<OutboxFullException>(end.Exception);
        }
    }

    [Claim]
    public async Task What_waits_in_memory_is_bounded_whoever_sends(Transport transport)
    {
        const int Capacity = 200_000;
        const int Size = 10_000;
        await using var pair = await transport.ConnectAsync();
        var client = pair.Client.AsMessages(new() { OutboxCapacity = Capacity });
        var (sent, most) = (0, 0L);
        var sending = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Beside.Run(SendUntilOneWaits))).InTime();
        var server = pair.Server.AsMessages();
        for (var i = 0; i < sent; i++)
        {
            Assert.Equal(Size, (await server.NextAsync())?.Length);
        }
        await Task.WhenAll(sending.Select(waiting => waiting.Task)).InTime();
        Assert.InRange(most, 1, Capacity + Size + 4);

        (Task Task, bool) SendUntilOneWaits()
        {
            while (true)
            {
                var send = client.SendAsync(new byte[Size]);
                Assert.True(Interlocked.Increment(ref sent) < Stall.Bytes / Size, "the outbox has no end");
                var unsent = pair.Client.Core.Write.UnsentBytes;
                for (var seen = Volatile.Read(ref most); seen < unsent; seen = Volatile.Read(ref most))
                {
                    Interlocked.CompareExchange(ref most, unsent, seen);
                }
                if (!send.IsCompleted)
                {
                    return (send.AsTask(), true);       // a pair, or Task.Run would wait for it
                }
                send.GetAwaiter().GetResult();
            }
        }
    }

    [Claim]
    public async Task TrySend_fills_the_outbox_and_never_waits(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var client = pair.Client.AsMessages();
        var accepted = 0;
        while (client.TrySend(new byte[10_000]))
        {
            Assert.True(++accepted < Stall.Bytes / 10_000, "the outbox has no end");
        }
        var server = pair.Server.AsMessages();
        for (var i = 0; i < accepted; i++)
        {
            Assert.Equal(10_000, (await server.NextAsync())?.Length);
        }
        await Patience.UntilAsync(() => client.TrySend(Messages.Of("room again")));
        await server.HearAsync("room again");
    }

    [Claim]
    public async Task A_message_that_cannot_be_encoded_harms_nobody(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var client = pair.Client.AsFramed(Frames.Lines(maxFrameLength: 20));
        await client.SayAsync("one");
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.SendAsync(Messages.Of("two\nlines")));
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.SendAsync(new byte[21]));
        Assert.Throws<ArgumentException>(() => client.TrySend(new byte[21]));
        await client.SayAsync("two");
        await client.CompleteOutputAsync().InTime();
        Assert.Equal("one\ntwo\n"u8.ToArray(), await pair.Server.TakeAllAsync());
    }

    [Claim]
    public async Task A_message_that_cannot_be_encoded_harms_nobody_when_it_had_to_wait(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(Messages.Roomy);
        var client = await ClogAsync(pair);
        var before = client.SendAsync(Messages.Of("before")).AsTask();
        var bad = client.SendAsync(new byte[Stall.Bytes + 1]).AsTask();
        var after = client.SendAsync(Messages.Of("after")).AsTask();
        await pair.Server.TakeAsync(Messages.ClogLength);
        await before.InTime();
        await Assert.ThrowsAsync<ArgumentException>(() => bad.InTime());
        await after.InTime();
        await client.CompleteOutputAsync().InTime();
        Assert.Equal(Messages.Wire("before", "after"), await pair.Server.TakeAllAsync());
    }

    private static async Task<FramedConnection<Frame, Frame>> ClogAsync(Pair pair, MessagingOptions? options = null)
    {
        var client = pair.Client.AsFramed(Messages.Long, options);
        await client.ClogAsync();
        return client;
    }

    private static async Task<EndReason> EndAsync(Pair pair)
    {
        var closing = pair.Client.CloseAsync();
        await pair.Server.CloseAsync().InTime();
        return (await closing.InTime()).Reason;
    }
}
