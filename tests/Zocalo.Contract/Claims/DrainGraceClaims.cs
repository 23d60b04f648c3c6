namespace Zocalo.Contract.Claims;

/// <summary>In a drain with a grace the input of a byte stream ends when its peer is quiet, not when a drain begins.</summary>
public sealed class DrainGraceClaims
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(20);

    [Claim]
    public async Task A_request_that_has_begun_is_received_and_answered_whole(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(CollectAsync, Options(new()));
        var clients = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => site.ConnectAsync(server)));
        await clients[0].SayAsync("a request ");
        await site.DeliveredAsync(clients[0], 10);
        await Patience.UntilAsync(() => server.ConnectionCount == 3);
        var stopping = server.StopAsync();
        await clients[0].SayAsync("in two parts");
        await clients[1].SayAsync("one that had not begun");
        foreach (var client in clients)
        {
            await client.CompleteOutputAsync().AsTask().InTime();
        }
        Assert.Equal("a request in two parts"u8.ToArray(), await clients[0].TakeAllAsync());
        Assert.Equal("one that had not begun"u8.ToArray(), await clients[1].TakeAllAsync());
        Assert.Empty(await clients[2].TakeAllAsync());
        await Task.WhenAll(clients.Select(client => client.CloseAsync().InTime()));
        await stopping.InTime();        // no time has passed
        Assert.Equal(0, server.AbortedCount);
    }

    [Claim]
    public async Task Who_is_quiet_hears_the_end(Transport transport)
    {
        var time = new FakeTime();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(ServingClaims.EchoAsync, Options(time));
        var client = (await DrainClaims.TalkingClientsAsync(site, server, 1))[0];
        var stopping = server.StopAsync();
        var end = client.TakeAllAsync();
        await Patience.UntilAsync(() => end.IsCompleted, meanwhile: () => time.Advance(Grace / 4));
        Assert.Empty(await end);
        Assert.Equal(EndReason.PeerFinished, (await client.CloseAsync().InTime()).Reason);
        await stopping.InTime();
        Assert.Equal(0, server.AbortedCount);
    }

    private static ServerOptions Options(FakeTime time) => new() { DrainGrace = Grace, DrainTimeout = DrainTimeout, Time = time };

    private static async Task CollectAsync(Connection connection, CancellationToken ct)
    {
        var all = await connection.TakeAllAsync();
        await connection.SendAsync(all, ct);
    }
}
