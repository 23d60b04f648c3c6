namespace Zocalo.Contract.Claims;

/// <summary>A server that stops serves what has arrived, finishes what is under way, and then ends every connection, on a clock of the test's.</summary>
public sealed class DrainClaims
{
    [Claim]
    public async Task Idle_connections_end_at_once(Transport transport)
    {
        var ends = new List<Task<ConnectionEnd>>();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(
            (connection, ct) =>
            {
                lock (ends)
                {
                    ends.Add(connection.Closed);
                }
                return ServingClaims.EchoAsync(connection, ct);
            },
            Frozen);
        var clients = await TalkingClientsAsync(site, server, 10);
        var stopping = server.StopAsync();
        foreach (var client in clients)
        {
            await client.HearTheEndAsync();
            Assert.Equal(EndReason.PeerFinished, (await client.CloseAsync().InTime()).Reason);
        }
        await stopping.InTime();
        Assert.Equal(0, server.ConnectionCount);
        Assert.All(await Task.WhenAll(ends).InTime(), end => Assert.Equal("Drained, 5 in, 5 out", end.ToString()));
    }

    [Claim]
    public async Task What_arrived_before_the_stop_is_answered_200_times(Transport transport)
    {
        for (var time = 0; time < 200; time++)
        {
            await using var site = transport.NewSite();
            var server = await site.ServeAsync(ServingClaims.EchoAsync, Frozen);
            var client = (await TalkingClientsAsync(site, server, 1))[0];
            await client.SayAsync("in flight");
            await site.DeliveredAsync(client, 5 + 9);
            var stopping = server.StopAsync();
            Assert.Equal("in flight"u8.ToArray(), await client.TakeAllAsync());
            await client.CloseAsync().InTime();
            await stopping.InTime();
        }
    }

    [Claim]
    public async Task What_came_in_the_backlog_is_served_200_times(Transport transport)
    {
        for (var time = 0; time < 200; time++)
        {
            await using var site = transport.NewSite();
            var server = await site.ServeAsync(ServingClaims.EchoAsync, Frozen);
            var client = await site.ConnectAsync(server);
            await client.SayAsync("hello");
            await site.DeliveredAsync(client, 5);
            var stopping = server.StopAsync();      // accepted or not
            Assert.Equal("hello"u8.ToArray(), await client.TakeAllAsync());
            await client.CloseAsync().InTime();
            await stopping.InTime();
        }
    }

    [Claim]
    public async Task Clients_that_wait_for_their_turn_are_served_before_the_server_ends(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(ServingClaims.EchoAsync, Frozen with { MaxConnections = 1 });
        var clients = new List<Connection>(await TalkingClientsAsync(site, server, 1));
        for (var i = 0; i < 10; i++)
        {
            var waiting = await site.ConnectAsync(server);
            await waiting.SayAsync("hello");
            await site.DeliveredAsync(waiting, 5);
            clients.Add(waiting);
        }
        var stopping = server.StopAsync();
        await clients[0].HearTheEndAsync();
        await clients[0].CloseAsync().InTime();
        foreach (var client in clients.Skip(1))
        {
            Assert.Equal("hello"u8.ToArray(), await client.TakeAllAsync());
            await client.CloseAsync().InTime();
        }
        await stopping.InTime();
    }

    [Claim]
    public async Task A_handler_at_work_finishes_its_reply(Transport transport)
    {
        var reply = Chance.Bytes(3_000_000);
        var (ended, served) = ServingClaims.EndOf();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(
            async (connection, ct) =>
            {
                served(connection);
                await connection.HearAsync("hello");
                await connection.SayAsync("wait");
                await Task.Delay(Timeout.Infinite, connection.Draining).ContinueWith(_ => { }, TaskScheduler.Default);
                await connection.HearTheEndAsync();         // the input has ended, and says so again
                await connection.HearTheEndAsync();
                await connection.SendAsync(reply, ct);
            },
            Frozen);
        var client = await site.ConnectAsync(server);
        await client.SayAsync("hello");
        await client.HearAsync("wait");
        var stopping = server.StopAsync();
        Assert.Equal(reply, await client.TakeAllAsync());
        await client.CloseAsync().InTime();
        await stopping.InTime();
        Assert.Equal(EndReason.Drained, (await ended.InTime()).Reason);
    }

    [Claim]
    public async Task A_handler_that_waits_for_the_peer_to_read_gets_everything_out(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync((connection, _) => Stall.Send(connection), Frozen);
        var client = await site.ConnectAsync(server);
        await client.TakeAsync(1);
        var stopping = server.StopAsync();
        Assert.Equal(Stall.Bytes - 1, (await client.TakeAllAsync()).Length);
        await client.CloseAsync().InTime();
        await stopping.InTime();
    }

    [Claim]
    public async Task A_handler_that_ignores_the_drain_is_aborted_after_DrainTimeout(Transport transport)
    {
        var time = new FakeTime();
        var (ended, served) = ServingClaims.EndOf();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(Stubborn(served), new() { Time = time, DrainTimeout = TimeSpan.FromMinutes(1) });
        var client = (await TalkingClientsAsync(site, server, 1))[0];
        var stopping = server.StopAsync();
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(stopping.IsCompleted);
        await Patience.UntilAsync(() => stopping.IsCompleted, meanwhile: () => time.Advance(TimeSpan.FromSeconds(1)));
        await stopping;
        Assert.Equal(EndReason.Aborted, (await ended.InTime()).Reason);
        await Record.ExceptionAsync(() => client.TakeAllAsync());
    }

    [Claim]
    public async Task A_handler_that_ignores_everything_does_not_keep_the_server_from_stopping(Transport transport)
    {
        var time = new FakeTime();
        var never = new TaskCompletionSource();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(
            async (connection, _) =>
            {
                await connection.HearAsync("hello");
                await connection.SayAsync("hello");
                await never.Task;
            },
            new() { Time = time });
        await TalkingClientsAsync(site, server, 1);
        var stopping = server.StopAsync();
        await Patience.UntilAsync(() => stopping.IsCompleted, meanwhile: () => time.Advance(TimeSpan.FromSeconds(1)));
        await stopping;
        never.SetResult();
    }

    [Claim]
    public async Task The_token_of_a_stop_aborts_at_once_what_is_left(Transport transport)
    {
        var (ended, served) = ServingClaims.EndOf();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(Stubborn(served), Frozen);
        await TalkingClientsAsync(site, server, 1);
        using var source = new CancellationTokenSource();
        var stopping = server.StopAsync(source.Token);
        Assert.False(stopping.IsCompleted);
        await source.CancelAsync();
        await stopping.InTime();
        Assert.Equal(EndReason.Aborted, (await ended.InTime()).Reason);
    }

    [Claim]
    public async Task Any_number_of_stops_and_disposals_are_one(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(ServingClaims.EchoAsync, Frozen);
        var client = (await TalkingClientsAsync(site, server, 1))[0];
        var stops = Enumerable.Range(0, 10).Select(_ => Task.Run(() => server.StopAsync())).ToArray();
        await client.HearTheEndAsync();
        await client.CloseAsync().InTime();
        await Task.WhenAll(stops).InTime();
        await server.DisposeAsync().InTime();
        await server.StopAsync(new CancellationToken(canceled: true)).InTime();
    }

    [Claim]
    public async Task A_stopped_server_lets_nobody_in(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(ServingClaims.EchoAsync, Frozen);
        await server.StopAsync().InTime();
        await Assert.ThrowsAsync<NetworkException>(() => site.ConnectAsync(server));
        await site.ServeAsync(ServingClaims.EchoAsync, at: server.LocalAddress);       // the address is free
    }

    /// <summary>A clock that stands: what ends, ends by itself and not by a timeout.</summary>
    private static ServerOptions Frozen => new() { Time = new FakeTime() };

    private static ConnectionHandler Stubborn(Action<Connection> served) => async (connection, ct) =>
    {
        served(connection);
        await connection.HearAsync("hello");
        await connection.SayAsync("hello");
        await Task.Delay(Timeout.Infinite, ct);
    };

    /// <summary>Clients whose handlers run for certain.</summary>
    private static async Task<Connection[]> TalkingClientsAsync(Site site, SocketServer server, int count)
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => site.ConnectAsync(server)));
        foreach (var client in clients)
        {
            await client.SayAsync("hello");
            await client.HearAsync("hello");
        }
        return clients;
    }
}
