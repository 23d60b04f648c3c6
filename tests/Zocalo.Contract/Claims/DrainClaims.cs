namespace Zocalo.Contract.Claims;

/// <summary>A server that stops serves what has arrived, finishes what is under way, and then ends every connection, on a clock of the
/// test's.</summary>
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

    [Claim(Races = true)]
    public async Task What_arrived_before_the_stop_is_answered_200_times(Transport transport)
    {
        for (var time = 0; time < transport.Times(Thorough.Times(200)); time++)
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

    [Claim(Races = true)]
    public async Task What_came_in_the_backlog_is_served_200_times(Transport transport)
    {
        for (var time = 0; time < transport.Times(Thorough.Times(200)); time++)
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
                await connection.Draining.FiredAsync();
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
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = await site.ServeAsync(
            (connection, _) =>
            {
                var sending = Stall.Send(connection);
                waits.SetResult();
                return sending;
            },
            Frozen);
        var client = await site.ConnectAsync(server);
        await waits.Task.InTime();
        await client.TakeAsync(1);
        var stopping = server.StopAsync();
        Assert.Equal(Stall.Bytes - 1, (await client.TakeAllAsync()).Length);
        await client.CloseAsync().InTime();
        await stopping.InTime();
    }

    [Claim]
    public async Task A_handler_that_Draining_has_stopped_is_drained_and_has_not_failed(Transport transport)
    {
        var (ended, served) = ServingClaims.EndOf();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(
            async (connection, _) =>
            {
                served(connection);
                await connection.HearAsync("hello");
                await connection.SayAsync("hello");
                await Task.Delay(Timeout.Infinite, connection.Draining);        // throws an OperationCanceledException
            },
            Frozen);
        var client = (await TalkingClientsAsync(site, server, 1))[0];
        var stopping = server.StopAsync();
        await client.HearTheEndAsync();
        await client.CloseAsync().InTime();
        await stopping.InTime();
        Assert.Equal(EndReason.Drained, (await ended.InTime()).Reason);
    }

    [Claim(Races = true)]
    public async Task A_peer_that_goes_on_sending_while_the_server_stops_hears_all_that_was_answered(Transport transport)
    {
        var bytes = Chance.Bytes(2_000_000);
        for (var time = 0; time < transport.Times(Thorough.Times(20)); time++)
        {
            await using var site = transport.NewSite();
            var server = await site.ServeAsync(ServingClaims.EchoAsync, Frozen);
            var client = await site.ConnectAsync(server);
            var sending = client.SendAsync(bytes).AsTask();
            await client.TakeAsync(1000);
            var stopping = server.StopAsync();
            var heard = await client.TakeAllAsync();        // to a FIN, not to a reset
            await sending.InTime();
            Assert.Equal(bytes.AsSpan(1000, heard.Length).ToArray(), heard);
            Assert.Equal(EndReason.PeerFinished, (await client.CloseAsync().InTime()).Reason);
            await stopping.InTime();
        }
    }

    /// <summary>A clock that stands: what ends, ends by itself and not by a timeout.</summary>
    internal static ServerOptions Frozen => new() { Time = new FakeTime() };

    /// <summary>Clients whose handlers run for certain.</summary>
    internal static async Task<Connection[]> TalkingClientsAsync(Site site, SocketServer server, int count)
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
