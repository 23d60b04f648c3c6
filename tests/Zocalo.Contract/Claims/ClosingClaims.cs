namespace Zocalo.Contract.Claims;

/// <summary>A close says everything, says goodbye, and waits for the other's goodbye.</summary>
public sealed class ClosingClaims
{
    [Claim]
    public async Task A_close_ends_when_the_peer_has_finished_too(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(time: new FakeTime());
        var closing = pair.Client.CloseAsync();
        await pair.Server.HearTheEndAsync();
        Assert.False(closing.IsCompleted);
        Assert.Equal(EndReason.PeerFinished, (await pair.Server.CloseAsync().InTime()).Reason);
        Assert.Equal(EndReason.Completed, (await closing.InTime()).Reason);
    }

    [Claim]
    public async Task A_close_sends_everything_first_flushed_or_not(Transport transport)
    {
        var bytes = Chance.Bytes(8_000_000);
        await using var pair = await transport.ConnectAsync();
        bytes.CopyTo(pair.Client.Output.GetMemory(bytes.Length));
        pair.Client.Output.Advance(bytes.Length);
        var closing = pair.Client.CloseAsync();
        Assert.Equal(bytes, await pair.Server.TakeAllAsync());
        await pair.Server.CloseAsync().InTime();
        Assert.Equal(bytes.Length, (await closing.InTime()).BytesSent);
    }

    [Claim]
    public async Task A_flush_that_waits_while_the_connection_closes_still_delivers(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var sending = Stall.Send(pair.Client);
        var closing = pair.Client.CloseAsync();
        Assert.Equal(Stall.Bytes, (await pair.Server.TakeAllAsync()).Length);
        await sending.InTime();
        await pair.Server.CloseAsync().InTime();
        Assert.Equal(EndReason.Completed, (await closing.InTime()).Reason);
    }

    [Claim]
    public async Task A_close_discards_what_still_comes(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var closing = pair.Server.CloseAsync();
        await pair.Client.SendAsync(new byte[5_000_000]).InTime();
        await pair.Client.CompleteOutputAsync().InTime();
        var end = await closing.InTime();
        Assert.Equal(EndReason.Completed, end.Reason);
        Assert.Equal(5_000_000, end.BytesReceived);
    }

    [Claim(Races = true)]
    public async Task The_last_reply_arrives_though_nobody_read_what_the_peer_had_sent(Transport transport)
    {
        for (var time = 0; time < transport.Times(Thorough.Times(50)); time++)
        {
            await using var pair = await transport.ConnectAsync();
            await pair.Client.SendAsync(new byte[40_000]).InTime();
            await pair.DeliveredAsync(pair.Client, 40_000);
            await pair.Server.SayAsync("no, thank you");
            var closing = pair.Server.CloseAsync();
            await pair.Client.HearAsync("no, thank you");
            await pair.Client.HearTheEndAsync();
            Assert.Equal(EndReason.PeerFinished, (await pair.Client.CloseAsync().InTime()).Reason);
            Assert.Equal(EndReason.Completed, (await closing.InTime()).Reason);
        }
    }

    [Claim]
    public async Task The_last_reply_arrives_though_the_input_was_completed_early(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("question");
        var read = await pair.Server.SeeAsync(8);
        pair.Server.Input.AdvanceTo(read.Buffer.End);
        pair.Server.Input.Complete();
        await pair.Client.SendAsync(new byte[5_000_000]).InTime();         // nobody listens, and it goes through all the same
        await pair.Server.SayAsync("answer");
        await pair.Server.CompleteOutputAsync().InTime();
        Assert.Equal("answer"u8.ToArray(), await pair.Client.TakeAllAsync());
        await pair.Client.CompleteOutputAsync().InTime();
        Assert.Equal(EndReason.Completed, (await pair.Server.Closed.InTime()).Reason);
    }

    [Claim]
    public async Task Completing_both_sides_is_a_close(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Server.Input.Complete();
        pair.Server.Output.Complete();
        await pair.Client.HearTheEndAsync();
        await pair.Client.CompleteOutputAsync().InTime();
        Assert.Equal(EndReason.Completed, (await pair.Server.Closed.InTime()).Reason);
        Assert.Equal(EndReason.PeerFinished, (await pair.Client.Closed.InTime()).Reason);
    }

    [Claim(Races = true)]
    public async Task Any_number_of_closes_and_disposals_are_one_and_give_the_same_end(Transport transport)
    {
        for (var time = 0; time < transport.Times(1); time++)
        {
            await using var pair = await transport.ConnectAsync();
            var closings = Enumerable.Range(0, 10).Select(_ => Beside.Run(() => pair.Client.CloseAsync())).ToArray();
            var disposals = Enumerable.Range(0, 10).Select(_ => Beside.Run(() => pair.Client.DisposeAsync().AsTask().InTime())).ToArray();
            await pair.Server.CloseAsync().InTime();
            var ends = await Task.WhenAll(closings).InTime();
            await Task.WhenAll(disposals).InTime();
            await pair.Client.DisposeAsync().InTime();
            Assert.All(ends, end => Assert.Same(ends[0], end));
            Assert.Same(ends[0], await pair.Client.Closed.InTime());
        }
    }

    [Claim(Races = true)]
    public async Task Closing_both_ends_at_once_is_no_error_at_either(Transport transport)
    {
        for (var time = 0; time < transport.Times(Thorough.Times(300)); time++)
        {
            await using var pair = await transport.ConnectAsync();
            await pair.Client.SayAsync("bye");
            await pair.Server.SayAsync("bye");
            var (client, server) = await pair.CloseAsync();
            Assert.All([client, server], end =>
            {
                Assert.True(end.Reason is EndReason.PeerFinished or EndReason.Completed, end.ToString());
                Assert.Equal(
                    (DirectionEnd.Finished, DirectionEnd.Finished, 3, 3), (end.Input, end.Output, end.BytesReceived, end.BytesSent));
            });
        }
    }

    [Claim]
    public async Task The_token_of_a_close_ends_the_waiting_and_not_the_closing(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(time: new FakeTime());
        using var source = new CancellationTokenSource();
        var closing = pair.Client.CloseAsync(source.Token);
        await source.FireAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => closing.InTime());
        await pair.Server.HearTheEndAsync();
        await pair.Server.CloseAsync().InTime();
        Assert.Equal(EndReason.Completed, (await pair.Client.Closed.InTime()).Reason);
    }

    [Claim(Races = true)]
    public async Task A_client_may_close_before_the_server_has_accepted_it(Transport transport)
    {
        for (var time = 0; time < transport.Times(1); time++)
        {
            await using var site = transport.NewSite();
            var listener = await site.ListenAsync();
            var client = await site.ConnectAsync(listener.LocalAddress);
            await client.SayAsync("was here");
            var closing = client.CloseAsync();
            var server = await site.AcceptAsync(listener);
            Assert.Equal("was here"u8.ToArray(), await server.TakeAllAsync());
            Assert.Equal(EndReason.PeerFinished, (await server.CloseAsync().InTime()).Reason);
            Assert.Equal(EndReason.Completed, (await closing.InTime()).Reason);
        }
    }

    [Claim]
    public async Task What_was_received_can_be_read_after_the_connection_has_ended_by_itself(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("last");
        var closing = pair.Client.CloseAsync();
        var read = await pair.Server.SeeAsync(int.MaxValue);
        pair.Server.Input.AdvanceTo(read.Buffer.Start);
        await pair.Server.CompleteOutputAsync().InTime();
        await pair.Server.Closed.InTime();
        await closing.InTime();
        await pair.Server.HearAsync("last");
        await pair.Server.HearTheEndAsync();
    }
}
