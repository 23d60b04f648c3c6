namespace Zocalo.Contract.Claims;

/// <summary>A server runs one handler for each connection, and what one does is not the others' business.</summary>
public sealed class ServingClaims
{
    [Claim]
    public async Task Handlers_run_at_the_same_time(Transport transport)
    {
        const int Clients = 20;
        var arrived = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(async (connection, _) =>
        {
            if (Interlocked.Increment(ref arrived) == Clients)
            {
                all.SetResult();
            }
            await all.Task;
            await connection.SayAsync("all are here");
        });
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => site.ConnectAsync(server)));
        await Task.WhenAll(clients.Select(client => client.HearAsync("all are here")));
    }

    [Claim]
    public async Task When_a_handler_returns_its_connection_is_closed_in_good_order(Transport transport)
    {
        var (ended, served) = EndOf();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(async (connection, _) =>
        {
            served(connection);
            connection.Write("last words, not flushed");
            await Task.Yield();
        });
        var client = await site.ConnectAsync(server);
        await client.SayAsync("never read");
        Assert.Equal("last words, not flushed"u8.ToArray(), await client.TakeAllAsync());
        await client.CloseAsync().InTime();
        Assert.Equal(EndReason.Completed, (await ended.InTime()).Reason);
        Assert.Equal(EndReason.PeerFinished, (await client.Closed.InTime()).Reason);
    }

    [Claim]
    public async Task ConnectionCount_follows_what_is_being_served(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(EchoAsync);
        Assert.Equal(0, server.ConnectionCount);
        var clients = new List<Connection>();
        for (var i = 1; i <= 5; i++)
        {
            var client = await site.ConnectAsync(server);
            await client.SayAsync("a");
            await client.HearAsync("a");
            clients.Add(client);
            Assert.Equal(i, server.ConnectionCount);
        }
        await Task.WhenAll(clients.Select(client => client.CloseAsync())).InTime();
        await Patience.UntilAsync(() => server.ConnectionCount == 0);
    }

    [Claim(Needs = Needs.Threads)]
    public async Task A_handler_that_blocks_its_thread_does_not_hold_up_the_others(Transport transport)
    {
        using var release = new ManualResetEventSlim();
        await using var site = transport.NewSite();
        var placement = transport.Has(Divergence.BlockingHoldsUpTheLoop) ? HandlerPlacement.Pool : HandlerPlacement.Engine;
        var server = await site.ServeAsync(
            async (connection, ct) =>
            {
                var first = (await connection.TakeAsync(1))[0];
                if (first == 'b')
                {
                    release.Wait(Patience.Cap);
                }
                await connection.SendAsync(new[] { first });
                await EchoAsync(connection, ct);
            },
            new() { Placement = placement });
        var blocked = await site.ConnectAsync(server);
        await blocked.SayAsync("b");
        for (var i = 0; i < 20; i++)
        {
            var other = await site.ConnectAsync(server);
            await other.SayAsync("other");
            await other.HearAsync("other");
        }
        release.Set();
        await blocked.HearAsync("b");
    }

    [Claim]
    public async Task Clients_beyond_MaxConnections_wait_and_are_served_in_the_end(Transport transport)
    {
        const int Limit = 3;
        var (now, most) = (0, 0);
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(
            async (connection, _) =>
            {
                var serving = Interlocked.Increment(ref now);
                InterlockedMax(ref most, serving);
                await connection.HearTheEndAsync();
                Interlocked.Decrement(ref now);
                await connection.SayAsync("served");
            },
            new() { MaxConnections = Limit });
        Assert.Equal(Limit, server.MaxConnections);
        var clients = new List<Connection>();
        for (var i = 0; i < 12; i++)
        {
            clients.Add(await site.ConnectAsync(server));        // connects, served or not
        }
        foreach (var client in clients)
        {
            await client.CompleteOutputAsync().InTime();
            Assert.Equal("served"u8.ToArray(), await client.TakeAllAsync());
        }
        Assert.InRange(most, 1, Limit);
    }

    [Claim]
    public async Task Clients_that_vanish_before_they_are_accepted_do_not_stop_the_server(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(EchoAsync, new() { MaxConnections = 1 });
        for (var time = 0; time < 5; time++)
        {
            var holding = await site.ConnectAsync(server);
            await holding.SayAsync("a");
            await holding.HearAsync("a");
            for (var i = 0; i < 20; i++)
            {
                (await site.ConnectAsync(server)).Abort();      // in the backlog
            }
            await holding.CloseAsync().InTime();
        }
        var last = await site.ConnectAsync(server);
        await last.SayAsync("still serving");
        await last.HearAsync("still serving");
    }

    [Claim]
    public async Task A_server_cannot_start_where_another_listens(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(EchoAsync);
        await Assert.ThrowsAsync<NetworkException>(() => site.ServeAsync(EchoAsync, at: server.LocalAddress));
        var client = await site.ConnectAsync(server);
        await client.SayAsync("unharmed");
        await client.HearAsync("unharmed");
    }

    [Claim]
    public async Task A_handler_may_close_or_abort_its_connection_itself(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(async (connection, _) =>
        {
            if ((await connection.TakeAsync(1))[0] == 'c')
            {
                await connection.SayAsync("bye");
                await connection.CloseAsync();
            }
            else
            {
                connection.Abort();
            }
        });
        var closed = await site.ConnectAsync(server);
        await closed.SayAsync("c");
        await closed.HearAsync("bye");
        await closed.HearTheEndAsync();
        await closed.CloseAsync().InTime();
        var aborted = await site.ConnectAsync(server);
        await aborted.SayAsync("a");
        await Record.ExceptionAsync(() => aborted.TakeAllAsync());
        await Patience.UntilAsync(() => server.ConnectionCount == 0);
    }

    internal static Task EchoAsync(Connection connection, CancellationToken cancellationToken) =>
        connection.Input.CopyToAsync(connection.Output, cancellationToken);

    /// <summary>How the server's end of a connection ended, which the handler hands out.</summary>
    internal static (Task<ConnectionEnd> Ended, Action<Connection> Served) EndOf()
    {
        var ended = new TaskCompletionSource<ConnectionEnd>();
        return (ended.Task, connection => _ = TellAsync(connection));

        async Task TellAsync(Connection connection) => ended.SetResult(await connection.Closed);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); seen < value;)
        {
            seen = Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}
