namespace Zocalo.Contract.Claims;

/// <summary>A stop ends, whatever handlers and clients do, and the server is gone then.</summary>
public sealed class StopClaims
{
    [Claim]
    public async Task A_handler_that_ignores_the_drain_is_aborted_after_DrainTimeout(Transport transport)
    {
        var time = new FakeTime();
        var (ended, served) = ServingClaims.EndOf();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(Stubborn(served), new() { Time = time, DrainTimeout = TimeSpan.FromMinutes(1) });
        var client = (await DrainClaims.TalkingClientsAsync(site, server, 1))[0];
        var stopping = server.StopAsync();
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(stopping.IsCompleted);
        await Patience.UntilAsync(() => stopping.IsCompleted, meanwhile: () => time.Advance(TimeSpan.FromSeconds(1)));
        await stopping;
        Assert.Equal(0, server.ConnectionCount);
        Assert.Equal(EndReason.Aborted, (await ended.InTime()).Reason);
        await Record.ExceptionAsync(() => client.TakeAllAsync());
    }

    [Claim]
    public async Task A_handler_that_ignores_everything_does_not_keep_the_server_from_stopping(Transport transport)
    {
        var time = new FakeTime();
        var (never, returning) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(
            async (connection, _) =>
            {
                await connection.HearAsync("hello");
                await connection.SayAsync("hello");
                await never.Task;
                returning.SetResult();
            },
            new() { Time = time });
        await DrainClaims.TalkingClientsAsync(site, server, 1);
        var stopping = server.StopAsync();
        await Patience.UntilAsync(() => stopping.IsCompleted, meanwhile: () => time.Advance(TimeSpan.FromSeconds(1)));
        await stopping;
        Assert.Equal(0, server.ConnectionCount);        // its connection is gone; the handler is nobody's any more
        never.SetResult();
        await returning.Task.InTime();
        Assert.Equal(0, server.ConnectionCount);
    }

    [Claim]
    public async Task The_token_of_a_stop_aborts_at_once_what_is_left(Transport transport)
    {
        var (ended, served) = ServingClaims.EndOf();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(Stubborn(served), DrainClaims.Frozen);
        await DrainClaims.TalkingClientsAsync(site, server, 1);
        using var source = new CancellationTokenSource();
        var stopping = server.StopAsync(source.Token);
        Assert.False(stopping.IsCompleted);
        await source.FireAsync();
        await stopping.InTime();
        Assert.Equal(0, server.ConnectionCount);
        Assert.Equal(EndReason.Aborted, (await ended.InTime()).Reason);
    }

    [Claim]
    public async Task Any_number_of_stops_and_disposals_are_one(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(ServingClaims.EchoAsync, DrainClaims.Frozen);
        var client = (await DrainClaims.TalkingClientsAsync(site, server, 1))[0];
        var stops = Enumerable.Range(0, 10).Select(_ => Beside.Run(() => server.StopAsync())).ToArray();
        await client.HearTheEndAsync();
        await client.CloseAsync().InTime();
        await Task.WhenAll(stops).InTime();
        Assert.Equal(0, server.ConnectionCount);
        await server.DisposeAsync().InTime();
        await server.StopAsync(new CancellationToken(canceled: true)).InTime();
    }

    [Claim]
    public async Task A_stopped_server_lets_nobody_in(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(ServingClaims.EchoAsync, DrainClaims.Frozen);
        await server.StopAsync().InTime();
        await Assert.ThrowsAsync<NetworkException>(() => site.ConnectAsync(server));
        await site.ServeAsync(ServingClaims.EchoAsync, at: server.LocalAddress);       // the address is free
    }

    [Claim]
    public async Task Clients_that_come_while_the_server_stops_are_served_or_turned_away(Transport transport)
    {
        for (var time = 0; time < 50; time++)
        {
            await using var site = transport.NewSite();
            var server = await site.ServeAsync(ServingClaims.EchoAsync, DrainClaims.Frozen);
            var coming = Enumerable.Range(0, 8).Select(_ => Beside.Run(ComeAsync)).ToArray();
            var stopping = Beside.Run(() => server.StopAsync());
            await Task.WhenAll(coming).InTime();
            await stopping.InTime();
            Assert.Equal(0, server.ConnectionCount);

            async Task ComeAsync()
            {
                try
                {
                    var client = await site.ConnectAsync(server);
                    await client.SayAsync("hello");
                    Assert.StartsWith(System.Text.Encoding.UTF8.GetString(await client.TakeAllAsync()), "hello", StringComparison.Ordinal);
                    await client.CloseAsync().InTime();
                }
                catch (Exception error) when (error is NetworkException or ConnectionException)
                {
                }
            }
        }
    }

    private static ConnectionHandler Stubborn(Action<Connection> served) => async (connection, ct) =>
    {
        served(connection);
        await connection.HearAsync("hello");
        await connection.SayAsync("hello");
        await Task.Delay(Timeout.Infinite, ct);
    };
}
