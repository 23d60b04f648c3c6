namespace Zocalo.Contract.Claims;

/// <summary>What becomes of sends, waiting or new, when the output ends: in good order or not, by whomever.</summary>
public sealed class MessagesOutboxEndClaims
{
    [Claim]
    public async Task Sends_after_the_end_say_which_end_it_was(Transport transport)
    {
        await using (var pair = await transport.ConnectAsync())
        {
            var client = pair.Client.AsMessages();
            await client.CompleteOutputAsync().InTime();
            Assert.IsType<InvalidOperationException>(await Record.ExceptionAsync(() => SendAsync(client)));
            Assert.Throws<InvalidOperationException>(() => client.TrySend(Messages.Of("too late")));
            await client.CompleteOutputAsync().InTime();        // again is the same as once
            _ = client.CloseAsync();
            Assert.False(client.TrySend(Messages.Of("too late")));
        }
        await using (var pair = await transport.ConnectAsync())
        {
            var client = pair.Client.AsMessages();
            _ = client.CloseAsync();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => SendAsync(client));
            Assert.False(client.TrySend(Messages.Of("too late")));
            await Assert.ThrowsAsync<ObjectDisposedException>(() => client.CompleteOutputAsync().InTime().AsTask());
        }
        await using (var pair = await transport.ConnectAsync())
        {
            var client = pair.Client.AsMessages();
            client.Abort();
            for (var again = 0; again < 3; again++)
            {
                Assert.Equal(EndReason.Aborted, (await Assert.ThrowsAsync<ConnectionException>(() => SendAsync(client))).Reason);
                Assert.False(client.TrySend(Messages.Of("too late")));
            }
        }
    }

    [Claim(Races = true)]
    public async Task TrySend_says_no_when_another_task_closes_100_times(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        for (var time = 0; time < transport.Times(Thorough.Times(100)); time++)
        {
            var (clientEnd, serverEnd) = await site.PairAsync(listener);
            var (client, server) = (clientEnd.AsMessages(), serverEnd.AsMessages());
            var accepted = 0;
            var sending = Beside.Run(SendUntilItIsRefusedAsync);
            var hearing = server.AllAsync();
            await Patience.UntilAsync(() => Volatile.Read(ref accepted) > 4);
            var closing = client.CloseAsync();
            await sending.InTime();
            Assert.Equal(accepted, (await hearing).Count);
            await server.CloseAsync().InTime();
            Assert.Equal(EndReason.Completed, (await closing.InTime()).Reason);

            async Task SendUntilItIsRefusedAsync()
            {
                while (true)
                {
                    if (client.TrySend(Messages.Of("hello")))
                    {
                        Interlocked.Increment(ref accepted);
                        await Task.Yield();
                    }
                    else if (client.Connection.IsClosing())
                    {
                        return;
                    }
                    else
                    {
                        await Task.Delay(TimeSpan.FromMilliseconds(1), Patience.Clock);     // full
                    }
                }
            }
        }
    }

    [Claim]
    public async Task Sends_after_the_end_do_not_wait_though_the_outbox_was_full(Transport transport)
    {
        await using (var pair = await transport.ConnectAsync(Messages.Roomy))
        {
            var client = await ClogAsync(pair);
            _ = client.CloseAsync();
            var sending = Record.ExceptionAsync(() => SendAsync(client));
            Assert.True(sending.IsCompleted, "a send to a closed connection waits");
            Assert.IsType<ObjectDisposedException>(await sending);
            client.Abort();
        }
        await using (var pair = await transport.ConnectAsync(Messages.Roomy))
        {
            var client = await ClogAsync(pair);
            client.Abort();
            Assert.Equal(EndReason.Aborted, (await Assert.ThrowsAsync<ConnectionException>(() => SendAsync(client))).Reason);
        }
    }

    [Claim]
    public async Task When_the_connection_breaks_every_waiting_send_learns_why(Transport transport)
    {
        await using (var pair = await transport.ConnectAsync(Messages.Roomy))
        {
            var client = await ClogAsync(pair);
            var waiting = Wait(client);
            client.Abort();
            Assert.Equal(EndReason.Aborted, await ReasonAsync(waiting));
        }
        await using (var pair = await transport.ConnectAsync(Messages.Roomy))
        {
            var client = await ClogAsync(pair);
            var waiting = Wait(client);
            pair.Server.Abort();
            Assert.Equal(EndReason.Reset, await ReasonAsync(waiting));
            Assert.Equal(EndReason.Reset, (await client.CloseAsync().InTime()).Reason);
        }

        static Task[] Wait(FramedConnection<Frame, Frame> client)
        {
            Task[] waiting = [
                .. Enumerable.Range(0, 16).Select(i => client.SendAsync(Messages.Of($"{i}")).AsTask()),
                client.CompleteOutputAsync().AsTask()];
            Assert.All(waiting, send => Assert.False(send.IsCompleted));
            return waiting;
        }
    }

    [Claim(Races = true)]
    public async Task A_sender_that_tries_again_after_the_break_never_hangs_200_times(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        for (var time = 0; time < transport.Times(Thorough.Times(200)); time++)
        {
            var (raw, _) = await site.PairAsync(listener, new() { SendHighWaterMark = 1 });
            var client = raw.AsMessages(new() { OutboxCapacity = 1 });
            var sending = Enumerable.Range(0, 4).Select(_ => Beside.Run(SendUntilItFailsAsync)).ToArray();
            for (var i = time % 10; i > 0; i--)
            {
                await Task.Yield();
            }
            client.Abort();
            await Task.WhenAll(sending).InTime();
            await client.CloseAsync().InTime();

            async Task SendUntilItFailsAsync()
            {
                for (var failures = 0; failures < 5;)
                {
                    try
                    {
                        await client.SendAsync(new byte[1_000_000]).InTime();
                    }
                    catch (ConnectionException error)
                    {
                        Assert.Equal(EndReason.Aborted, error.Reason);
                        failures++;
                    }
                }
            }
        }
    }

    [Claim]
    public async Task Completing_the_output_lets_those_who_wait_go_first(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(Messages.Roomy);
        var client = await ClogAsync(pair);
        var waiting = Enumerable.Range(0, 100).Select(i => client.SendAsync(Messages.Of($"{i}")).AsTask()).ToArray();
        var completing = client.CompleteOutputAsync().AsTask();
        Assert.IsType<InvalidOperationException>(await Record.ExceptionAsync(() => SendAsync(client)));
        await pair.Server.TakeAsync(Messages.ClogLength);
        Assert.Equal(Messages.Wire([.. Enumerable.Range(0, 100).Select(i => $"{i}")]), await pair.Server.TakeAllAsync());
        await Task.WhenAll(waiting).InTime();
        await completing.InTime();
    }

    [Claim]
    public async Task A_cancelled_completion_can_be_asked_for_again(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(Messages.Roomy);
        var client = await ClogAsync(pair);
        var waiting = client.SendAsync(Messages.Of("waiting")).AsTask();
        using var cancel = new CancellationTokenSource();
        var completing = client.CompleteOutputAsync(cancel.Token).AsTask();
        await cancel.FireAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completing.InTime());
        completing = client.CompleteOutputAsync().AsTask();
        await pair.Server.TakeAsync(Messages.ClogLength);
        Assert.Equal(Messages.Wire("waiting"), await pair.Server.TakeAllAsync());
        await waiting.InTime();
        await completing.InTime();
    }

    [Claim(Races = true)]
    public Task Sends_that_race_with_a_close_are_whole_or_not_at_all_100_times(Transport transport) =>
        RaceAsync(transport, client => client.CloseAsync(), mayDeliverMore: true);

    [Claim(Races = true)]
    public Task Sends_that_race_with_a_half_close_are_delivered_or_refused_100_times(Transport transport) =>
        RaceAsync(transport, client => client.CompleteOutputAsync().AsTask(), mayDeliverMore: false);

    /// <param name="transport">The row.</param>
    /// <param name="end">Ends the output while tasks send.</param>
    /// <param name="mayDeliverMore">Whether a message may arrive whose send met the end.</param>
    private static async Task RaceAsync(Transport transport, Func<FramedConnection<Frame, Frame>, Task> end, bool mayDeliverMore)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        for (var time = 0; time < transport.Times(Thorough.Times(100)); time++)
        {
            var (clientEnd, serverEnd) = await site.PairAsync(listener);
            var (client, server) = (clientEnd.AsMessages(), serverEnd.AsMessages());
            var (started, accepted) = (0, 0);
            var sending = Enumerable.Range(0, 4).Select(_ => Beside.Run(SendUntilItFailsAsync)).ToArray();
            var hearing = server.AllAsync();
            await Patience.UntilAsync(() => Volatile.Read(ref accepted) > 4);
            var ending = end(client);
            await Task.WhenAll(sending).InTime();
            var heard = await hearing;      // whole ones, to a clean end
            Assert.All(heard, bytes => Assert.Equal(20_000, bytes.Length));
            Assert.InRange(heard.Count, accepted, mayDeliverMore ? started : accepted);
            await server.CloseAsync().InTime();
            await ending.InTime();
            Assert.Equal(EndReason.Completed, (await client.CloseAsync().InTime()).Reason);

            async Task SendUntilItFailsAsync()
            {
                try
                {
                    while (true)
                    {
                        Interlocked.Increment(ref started);
                        await client.SendAsync(new byte[20_000]).InTime();
                        Interlocked.Increment(ref accepted);
                    }
                }
                catch (InvalidOperationException)
                {
                    // Completed, or disposed.
                }
            }
        }
    }

    private static async Task<EndReason> ReasonAsync(Task[] waiting)
    {
        var reasons = new HashSet<EndReason>();
        foreach (var send in waiting)
        {
            reasons.Add((await Assert.ThrowsAsync<ConnectionException>(() => send.InTime())).Reason);
        }
        return Assert.Single(reasons);
    }

    private static async Task<FramedConnection<Frame, Frame>> ClogAsync(Pair pair)
    {
        var client = pair.Client.AsFramed(Messages.Long);
        await client.ClogAsync();
        return client;
    }

    // A refusal may be thrown or returned: both are seen here.
    private static async Task SendAsync(FramedConnection<Frame, Frame> client) => await client.SendAsync(Messages.Of("too late")).InTime();
}
