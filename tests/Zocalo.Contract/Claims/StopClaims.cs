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
    public async Task One_bound_ends_idle_clients_half_messages_and_handlers_alike_and_the_stop_counts_whom_it_cut(Transport transport)
    {
        var (bound, tick) = (TimeSpan.FromSeconds(2), TimeSpan.FromTicks(1));       // shorter than CloseTimeout
        var time = new FakeTime();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(
            async (connection, ct) =>
            {
                var kind = (await connection.TakeAsync(1))[0];
                await connection.SayAsync("ready");
                switch (kind)
                {
                    case (byte)'m':
                        await connection.AsMessages().HearAsync(null);
                        break;
                    case (byte)'s':
                        await Task.Delay(Timeout.Infinite, ct);
                        break;
                    default:
                        await connection.HearTheEndAsync();
                        break;
                }
            },
            new() { Time = time, DrainTimeout = bound });
        var idle = await BegunAsync("i");
        var leaving = await BegunAsync("i");
        var half = await BegunAsync("m");
        await half.SendAsync(Messages.Wire("half").AsMemory(0, 5)).InTime();
        await site.DeliveredAsync(half, half.Sent());
        var stubborn = await BegunAsync("s");

        var stopping = server.StopAsync();
        await idle.HearTheEndAsync();
        await leaving.HearTheEndAsync();
        await leaving.CloseAsync().InTime();
        await Patience.UntilAsync(() => server.ConnectionCount == 3);
        time.Advance(bound - tick);
        Assert.False(stopping.IsCompleted);
        Assert.Equal(0, server.AbortedCount);
        time.Advance(tick);
        await stopping.InTime();        // and the clock stands: nothing else was waited for
        Assert.Equal(3, server.AbortedCount);
        await Task.WhenAll(new[] { idle, half, stubborn }.Select(client => Record.ExceptionAsync(() => client.TakeAllAsync()).AsTask()));

        async Task<Connection> BegunAsync(string kind)
        {
            var client = await site.ConnectAsync(server);
            await client.SayAsync(kind);
            await client.HearAsync("ready");
            return client;
        }
    }

    [Claim]
    public async Task A_stop_that_everybody_followed_has_cut_nobody(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(ServingClaims.EchoAsync, DrainClaims.Frozen);
        var clients = await DrainClaims.TalkingClientsAsync(site, server, 3);
        var stopping = server.StopAsync();
        foreach (var client in clients)
        {
            await client.HearTheEndAsync();
            await client.CloseAsync().InTime();
        }
        await stopping.InTime();
        await server.StopAsync(new CancellationToken(canceled: true)).InTime();     // too late to cut anybody
        Assert.Equal(0, server.AbortedCount);
    }

    [Claim]
    public async Task A_handler_that_ignores_everything_holds_the_stop_up_for_one_more_second(Transport transport)
    {
        var time = new FakeTime();
        var (never, isDeaf) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(Deaf(never.Task, isDeaf), new() { Time = time, DrainTimeout = TimeSpan.FromMinutes(1) });
        await DrainClaims.TalkingClientsAsync(site, server, 1);
        await isDeaf.Task.InTime();
        var stopping = server.StopAsync();
        time.Advance(TimeSpan.FromMinutes(1));
        await StopsInOneMoreSecondAsync(server, stopping, time);
        never.SetResult();
    }

    [Claim]
    public async Task The_token_of_a_stop_bounds_handlers_that_ignore_everything_as_well(Transport transport)
    {
        var time = new FakeTime();
        var (never, isDeaf) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(Deaf(never.Task, isDeaf), new() { Time = time, DrainTimeout = Timeout.InfiniteTimeSpan });
        await DrainClaims.TalkingClientsAsync(site, server, 1);
        await isDeaf.Task.InTime();
        using var source = new CancellationTokenSource();
        var stopping = server.StopAsync(source.Token);
        await source.FireAsync();
        await StopsInOneMoreSecondAsync(server, stopping, time);
        never.SetResult();
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

    [Claim(Races = true)]
    public async Task Clients_that_come_while_the_server_stops_are_served_or_turned_away(Transport transport)
    {
        for (var time = 0; time < transport.Times(Thorough.Times(50)); time++)
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

    /// <summary>The stop does not end before a second has passed. How much later it ends is not claimed: on a busy machine a loop may be
    /// rescued meanwhile, and the log of rescues has a timer of the same clock. So the number of timers does not show that the second has
    /// begun.</summary>
    private static async Task StopsInOneMoreSecondAsync(SocketServer server, Task stopping, FakeTime time)
    {
        await Patience.UntilAsync(() => server.AbortedCount == 1);
        var step = TimeSpan.FromMilliseconds(100);
        var passed = TimeSpan.Zero;
        await Patience.UntilAsync(() => stopping.IsCompleted, meanwhile: () =>
        {
            time.Advance(step);
            passed += step;
        });
        Assert.InRange(passed, TimeSpan.FromSeconds(1), TimeSpan.MaxValue);
        await stopping;
    }

    /// <param name="until">What it waits for.</param>
    /// <param name="isDeaf">Resolved when it waits for nothing else: a client has its answer before the handler's send has
    /// returned.</param>
    private static ConnectionHandler Deaf(Task until, TaskCompletionSource isDeaf) => async (connection, _) =>
    {
        await connection.HearAsync("hello");
        await connection.SayAsync("hello");
        isDeaf.TrySetResult();
        await until;
    };

    private static ConnectionHandler Stubborn(Action<Connection> served) => async (connection, ct) =>
    {
        served(connection);
        await connection.HearAsync("hello");
        await connection.SayAsync("hello");
        await Task.Delay(Timeout.Infinite, ct);
    };
}
