namespace Zocalo.Contract.Claims;

/// <summary>What a connection ended of is what came first. What follows from it, or merely follows it, does not take its place.</summary>
public sealed class FirstCauseClaims
{
    [Claim]
    public Task A_broken_message_stays_the_cause_when_the_peer_resets(Transport transport) =>
        BrokenFirstAsync(transport, async (pair, peer) =>
    {
        await peer.SayAsync("unread");      // so that a Unix socket tells of the reset
        await pair.DeliveredAsync(pair.Server, pair.Server.Sent());
        pair.Client.Abort();
    });

    [Claim]
    public Task A_broken_message_stays_the_cause_when_we_abort(Transport transport) => BrokenFirstAsync(transport, (_, peer) =>
    {
        peer.Abort();
        return Task.CompletedTask;
    });

    [Claim]
    public async Task A_broken_message_stays_the_cause_when_the_handler_fails_of_it(Transport transport)
    {
        var (ended, served) = ServingClaims.EndOf();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(async (connection, _) =>
        {
            served(connection);
            await Assert.ThrowsAsync<FrameException>(() => connection.AsMessages().NextAsync());
            throw new FormatException("the handler's own");
        });
        var client = await site.ConnectAsync(server);
        await client.SendAsync(Messages.Corrupt).InTime();
        var end = await ended.InTime();
        Assert.Equal(EndReason.ProtocolError, end.Reason);
        Assert.IsType<FrameException>(end.Exception);
        await Record.ExceptionAsync(() => client.TakeAllAsync());       // it was cut, for the handler failed
    }

    [Claim]
    public async Task A_reset_stays_the_cause_when_we_abort(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var reading = pair.Server.TakeAsync(1);
        await pair.ResetByClientAsync();
        Assert.Equal(EndReason.Reset, (await Assert.ThrowsAsync<ConnectionException>(() => reading)).Reason);
        pair.Server.Abort();
        Assert.Equal(EndReason.Reset, (await pair.Server.Closed.InTime()).Reason);
    }

    [Claim]
    public async Task An_abort_stays_the_cause_when_the_peer_resets(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Server.Abort();
        pair.Client.Abort();
        Assert.Equal(EndReason.Aborted, (await pair.Server.Closed.InTime()).Reason);
    }

    /// <summary>A broken message is met, then the connection is cut in some way.</summary>
    private static async Task BrokenFirstAsync(Transport transport, Func<Pair, FramedConnection<Frame, Frame>, Task> cutAsync)
    {
        await using var pair = await transport.ConnectAsync();
        var peer = pair.Server.AsMessages();
        await pair.Client.SendAsync(Messages.Corrupt).InTime();
        var error = await Assert.ThrowsAsync<FrameException>(peer.NextAsync);
        await cutAsync(pair, peer);
        var end = await peer.Closed.InTime();
        Assert.Equal(EndReason.ProtocolError, end.Reason);
        Assert.Same(error, end.Exception);
        Assert.Equal(DirectionEnd.Broken, end.Input);       // it was cut in truth
    }
}
