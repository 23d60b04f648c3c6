namespace Zocalo.Contract.Claims;

/// <summary>An accept that was cancelled still takes the next connection, for the call after it. When the listener is disposed and no call
/// comes any more, that client hears of it at once.</summary>
public sealed class AbandonedAcceptClaims
{
    [Claim]
    public async Task What_a_cancelled_accept_took_is_cut_by_the_disposal(Transport transport)
    {
        var log = new EventLog();
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync(new() { Logger = log });
        using var cancel = new CancellationTokenSource();
        var accepting = listener.AcceptAsync(cancel.Token);
        await cancel.FireAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting.InTime());
        var client = await site.ConnectAsync(listener.LocalAddress);
        await Patience.UntilAsync(() => Says(log, "accepted"));
        await listener.DisposeAsync();
        if (transport.Has(Divergence.AbortIsSeenAsFin))
        {
            await client.HearTheEndAsync();
        }
        else
        {
            Assert.Equal(EndReason.Reset, (await Assert.ThrowsAsync<ConnectionException>(() => client.TakeAsync(1))).Reason);
        }
        await Patience.UntilAsync(() => Says(log, "closed: Aborted"));
        Assert.False(Says(log, "dropped"), "it was left to the collector");
    }

    private static bool Says(EventLog log, string what) => log.Lines.Any(line => line.Contains(what, StringComparison.Ordinal));
}
