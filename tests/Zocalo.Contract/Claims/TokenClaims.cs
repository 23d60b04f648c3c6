namespace Zocalo.Contract.Claims;

/// <summary>ConnectionClosed says that a connection broke, Draining that the server stops; neither says anything else.</summary>
public sealed class TokenClaims
{
    [Claim]
    public async Task ConnectionClosed_fires_on_a_reset(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var fired = FiredAsync(pair.Server.ConnectionClosed);
        var waiting = Record.ExceptionAsync(() => pair.Server.Input.ReadAsync().AsTask().InTime());
        await pair.ResetByClientAsync();
        await fired.InTime();
        await waiting.InTime();
    }

    [Claim]
    public async Task ConnectionClosed_fires_on_an_abort(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var fired = FiredAsync(pair.Client.ConnectionClosed);
        pair.Client.Abort();
        await fired.InTime();
        Assert.False(pair.Client.Draining.IsCancellationRequested);
    }

    [Claim]
    public async Task ConnectionClosed_has_fired_for_whoever_asks_later(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Client.Abort();
        await pair.Client.Closed.InTime();
        Assert.True(pair.Client.ConnectionClosed.IsCancellationRequested);
    }

    [Claim]
    public async Task ConnectionClosed_does_not_fire_on_an_ordinary_end(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        CancellationToken[] tokens = [
            pair.Client.ConnectionClosed, pair.Server.ConnectionClosed, pair.Client.Draining, pair.Server.Draining];
        await pair.CloseAsync();
        Assert.All(tokens, token => Assert.False(token.IsCancellationRequested));
    }

    [Claim]
    public async Task A_callback_that_throws_harms_nobody(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var fired = new TaskCompletionSource();
        using var second = pair.Client.ConnectionClosed.Register(fired.SetResult);
        using var first = pair.Client.ConnectionClosed.Register(() => throw new FormatException("a callback's own"));
        pair.Client.Abort();
        await fired.Task.InTime();
        Assert.Equal(EndReason.Aborted, (await pair.Client.Closed.InTime()).Reason);
    }

    [Claim]
    public async Task A_callback_may_use_the_connection(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var end = new TaskCompletionSource<Task<ConnectionEnd>>();
        using var registration = pair.Client.ConnectionClosed.Register(() => end.SetResult(pair.Client.CloseAsync()));
        pair.Client.Abort();
        Assert.Equal(EndReason.Aborted, (await (await end.Task.InTime()).InTime()).Reason);
    }

    [Claim]
    public async Task Draining_fires_when_the_server_stops_and_ConnectionClosed_does_not(Transport transport)
    {
        await using var site = transport.NewSite();
        var draining = new TaskCompletionSource();
        var broken = new TaskCompletionSource<bool>();
        var server = await site.ServeAsync(async (connection, ct) =>
        {
            await connection.SayAsync("ready");
            await FiredAsync(connection.Draining);
            draining.SetResult();
            await connection.HearTheEndAsync();
            broken.SetResult(ct.IsCancellationRequested || connection.ConnectionClosed.IsCancellationRequested);
        });
        var client = await site.ConnectAsync(server);
        await client.HearAsync("ready");
        Assert.False(draining.Task.IsCompleted);
        var stopping = server.StopAsync();
        await draining.Task.InTime();
        Assert.False(await broken.Task.InTime());
        await client.CloseAsync().InTime();
        await stopping.InTime();
    }

    [Claim]
    public async Task The_handlers_token_is_ConnectionClosed(Transport transport)
    {
        await using var site = transport.NewSite();
        var fired = new TaskCompletionSource();
        var server = await site.ServeAsync(async (connection, ct) =>
        {
            Assert.Equal(connection.ConnectionClosed, ct);
            using var registration = ct.Register(fired.SetResult);
            await connection.HearAsync("ready");        // an abort before the client is through would fail its connect
            connection.Abort();
            await fired.Task.InTime();
        });
        var client = await site.ConnectAsync(server);
        await client.SayAsync("ready");
        await Record.ExceptionAsync(() => client.TakeAllAsync());
        await fired.Task.InTime();
    }

    private static Task FiredAsync(CancellationToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(fired.SetResult);
        return fired.Task;
    }
}
