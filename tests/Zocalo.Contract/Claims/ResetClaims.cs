namespace Zocalo.Contract.Claims;

/// <summary>A reset is told as one, whichever of our calls meets it first; and what came before it is received before it.</summary>
public sealed class ResetClaims
{
    // With ZOCALO_LONG=1 as many as it took to see a lost reset now and then.
    private static readonly int s_times = Thorough.IsLong ? 4_000 : Thorough.Times(200);

    [Claim(Races = true, Needs = Needs.Threads)]
    public async Task A_reset_is_no_end_to_the_reader_though_a_send_meets_it_first(Transport transport)
    {
        var chance = Chance.New();
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        for (var time = 0; time < transport.Times(s_times); time++)
        {
            var (client, server) = await site.PairAsync(listener);
            await server.SayAsync("unread");        // so that a Unix socket tells of the reset
            await site.DeliveredAsync(server, server.Sent());
            var spin = chance.Next(20_000);
            var reading = Beside.Run(() => UntilTheEndAsync(server));
            var sending = Beside.Run(async () =>
            {
                while (true)
                {
                    await server.SendAsync(new byte[100]);
                }
            });
            Thread.SpinWait(spin);
            client.Abort();
            var sent = await Record.ExceptionAsync(() => sending.InTime());
            var read = await Record.ExceptionAsync(() => reading.InTime());
            Assert.Equal(EndReason.Reset, Assert.IsType<ConnectionException>(sent).Reason);
            var end = await server.Closed.InTime();
            Assert.Equal((EndReason.Reset, DirectionEnd.Broken), (end.Reason, end.Output));
            if (read is null && transport.Has(Divergence.AbortIsSeenAsFin))
            {
                continue;       // once told, the error has left no trace in a Unix socket: a receive in the same microsecond sees an end
            }
            Assert.True(read is ConnectionException { Reason: EndReason.Reset }, $"time {time}: {read?.ToString() ?? "a clean end"}");
            Assert.Equal(DirectionEnd.Broken, end.Input);
        }
    }

    [Claim]
    public Task A_reply_before_a_reset_reaches_the_reader_that_waits_though_a_send_waits_too(Transport transport) =>
        ReplyAsync(transport, async (pair, sending) =>
        {
            var reading = pair.Client.HearAsync("too large");
            await ReplyAndResetAsync(pair);
            await reading;
            await sending();
        });

    [Claim]
    public Task A_reply_before_a_reset_reaches_the_reader_that_comes_when_the_send_has_failed(Transport transport) =>
        ReplyAsync(transport, async (pair, sending) =>
        {
            await ReplyAndResetAsync(pair);
            await sending();
            await pair.Client.HearAsync("too large");
        });

    [Claim]
    public async Task A_reset_that_took_our_last_bytes_with_it_is_no_clean_end(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.CompleteOutputAsync().InTime();
        await pair.Server.HearTheEndAsync();
        await pair.Server.SayAsync("lost");
        await pair.DeliveredAsync(pair.Server, 4);
        pair.Client.Abort();        // with the bytes unread
        await pair.HungUpAsync(pair.Server);
        var completing = await Record.ExceptionAsync(() => pair.Server.CompleteOutputAsync().InTime().AsTask());
        Assert.Equal(EndReason.Reset, Assert.IsType<ConnectionException>(completing).Reason);
        var end = await pair.Server.CloseAsync().InTime();
        Assert.Equal((EndReason.Reset, DirectionEnd.Broken), (end.Reason, end.Output));
    }

    /// <summary>The end of all that comes; what a reset throws is thrown.</summary>
    private static async Task UntilTheEndAsync(Connection connection)
    {
        while (true)
        {
            var read = await connection.Input.ReadAsync();
            connection.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>The client sends more than anybody takes.</summary>
    private static async Task ReplyAsync(Transport transport, Func<Pair, Func<Task>, Task> claimAsync)
    {
        for (var time = 0; time < 2; time++)
        {
            await using var pair = await transport.ConnectAsync();
            var sending = Stall.Send(pair.Client);
            await claimAsync(pair, async () =>
                Assert.Equal(EndReason.Reset, (await Assert.ThrowsAsync<ConnectionException>(() => sending.InTime())).Reason));
            Assert.Equal(EndReason.Reset, (await pair.Client.Closed.InTime()).Reason);
        }
    }

    /// <summary>As a server does that does not want to read on: unread bytes make its close a reset.</summary>
    private static async Task ReplyAndResetAsync(Pair pair)
    {
        await pair.Server.SayAsync("too large");
        await pair.DeliveredAsync(pair.Server, 9);
        pair.Server.Abort();
    }
}
