namespace Zocalo.Contract.Claims;

/// <summary>A handler's exception ends its connection and nothing else; and what only tells of the connection's own end is no
/// failure.</summary>
public sealed class HandlerFailureClaims
{
    [Claim]
    public Task A_handler_that_throws_at_once_fails(Transport transport) =>
        FailsAsync(transport, (_, _) => throw new FormatException("the handler's own"));

    [Claim]
    public Task A_handler_that_throws_later_fails(Transport transport) => FailsAsync(transport, async (connection, _) =>
    {
        await connection.HearAsync("hello");
        throw new FormatException("the handler's own");
    });

    [Claim]
    public Task A_handler_that_cancels_itself_fails(Transport transport) => FailsAsync(transport, async (connection, _) =>
    {
        await connection.HearAsync("hello");
        throw new OperationCanceledException("the handler's own");
    });

    [Claim]
    public Task A_handler_that_meets_the_end_of_another_connection_fails(Transport transport) =>
        FailsAsync(transport, async (connection, _) =>
    {
        await connection.HearAsync("hello");
        var (one, other) = ConnectionPair.Create();
        one.Abort();
        other.Abort();
        await one.SayAsync("to nobody");
    });

    [Claim]
    public async Task A_handler_that_lets_its_upstreams_end_through_fails_and_its_half_answer_is_cut(Transport transport)
    {
        foreach (var framed in new[] { false, true })
        {
            foreach (var reason in new[] { EndReason.PeerFinished, EndReason.Truncated, EndReason.ProtocolError })
            {
                await FailsOfItsUpstreamAsync(transport, framed, reason);
            }
        }
    }

    [Claim]
    public async Task A_handler_that_cancels_itself_during_a_drain_fails(Transport transport)
    {
        using var own = new CancellationTokenSource();
        await own.FireAsync();
        await FailsInADrainAsync(transport, (_, _) => throw new OperationCanceledException("the handler's own"));
        await FailsInADrainAsync(transport, (_, _) => throw new OperationCanceledException(own.Token));
        await FailsInADrainAsync(transport, (_, _) => throw new OperationCanceledException(new CancellationToken(canceled: true)));
        await FailsInADrainAsync(transport, async (_, ct) =>
        {
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, own.Token);      // a timeout of its own, in effect
            await Task.Delay(Timeout.Infinite, linked.Token);
        });
        await FailsInADrainAsync(transport, async (connection, ct) =>
        {
            // It might have been the drain; nobody can tell, and a failure that is logged is better than half an answer that looks whole.
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, connection.Draining);
            await Task.Delay(Timeout.Infinite, linked.Token);
        });
    }

    [Claim]
    public async Task A_handler_whose_wait_for_another_connection_Draining_ended_has_not_failed(Transport transport)
    {
        var log = new EventLog();
        await using var site = transport.NewSite();
        var silent = await site.ServeAsync((connection, _) => connection.TakeAllAsync());
        Func<Connection, CancellationToken, FramedConnection<Note, Note>, Task>[] waits =
        [
            (connection, _, upstream) => upstream.RequestAsync(new("are you there?"), cancellationToken: connection.Draining),
            async (connection, ct, upstream) =>
            {
                await foreach (var note in upstream.ReadAllAsync(ct).WithCancellation(connection.Draining))
                {
                    Assert.Fail($"{note} from nobody");
                }
            },
            async (connection, _, _) =>
            {
                await connection.Draining.FiredAsync();
                await Connector.ConnectAsync(silent.LocalAddress, new() { Engine = site.Engine }, connection.Draining);
            },
            async (connection, _, _) =>
            {
                await connection.HearTheEndAsync();
                connection.Draining.ThrowIfCancellationRequested();     // asked for when it has fired
            },
        ];
        foreach (var wait in waits)
        {
            var (ended, served) = ServingClaims.EndOf();
            var server = await site.ServeAsync(
                async (connection, ct) =>
                {
                    served(connection);
                    var options = new ConnectOptions { Engine = site.Engine };
                    await using var upstream = await Connector.ConnectAsync(silent.LocalAddress, Note.ById, options, ct);
                    await connection.HearAsync("hello");
                    await connection.SayAsync("hello");
                    await wait(connection, ct, upstream);
                },
                DrainClaims.Frozen with { Logger = log });
            var client = (await DrainClaims.TalkingClientsAsync(site, server, 1))[0];
            var stopping = server.StopAsync();
            await client.HearTheEndAsync();
            await client.CloseAsync().InTime();
            await stopping.InTime();
            Assert.Equal(EndReason.Drained, (await ended.InTime()).Reason);
            Assert.DoesNotContain(log.Lines, IsHandlersFailure);
        }
    }

    [Claim]
    public Task A_handler_that_a_source_linked_to_our_token_stopped_has_not_failed(Transport transport) =>
        EndsAsync(transport, EndReason.Aborted, async (connection, ct) =>
        {
            await connection.HearAsync("hello");
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct);
            connection.Abort();
            await Task.Delay(Timeout.Infinite, linked.Token);
        });

    [Claim]
    public async Task The_peer_of_a_failed_handler_is_cut(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(async (connection, _) =>
        {
            await connection.HearAsync("hello");
            throw new FormatException("the handler's own");
        });
        var client = await site.ConnectAsync(server);
        var waiting = client.Input.ReadAsync().AsTask();
        _ = await Record.ExceptionAsync(() => client.SayAsync("hello").AsTask());       // the answer may overtake it
        if (transport.Has(Divergence.AbortIsSeenAsFin))
        {
            Assert.True((await waiting.InTime()).IsCompleted);
        }
        else
        {
            Assert.Equal(EndReason.Reset, (await Assert.ThrowsAsync<ConnectionException>(() => waiting.InTime())).Reason);
        }
    }

    [Claim]
    public Task A_handler_that_our_token_stopped_has_not_failed(Transport transport) =>
        EndsAsync(transport, EndReason.Aborted, async (connection, ct) =>
    {
        await connection.HearAsync("hello");
        connection.Abort();
        await Task.Delay(Timeout.Infinite, ct);
    });

    [Claim]
    public Task A_handler_that_meets_its_own_connections_reset_has_not_failed(Transport transport) =>
        EndsAsync(transport, EndReason.Reset, async (connection, _) =>
    {
        await connection.HearAsync("hello");
        await connection.SayAsync("unread");        // makes the client's abort a reset on every row
        await connection.TakeAsync(1);
    });

    [Claim]
    public Task A_handler_that_goes_on_after_its_own_close_has_not_failed(Transport transport) =>
        EndsAsync(transport, EndReason.Completed, async (connection, ct) =>
    {
        await connection.HearAsync("hello");
        var closing = connection.CloseAsync(ct);
        Assert.False(closing.IsFaulted);
        await connection.SayAsync("too late");
    });

    private static async Task FailsOfItsUpstreamAsync(Transport transport, bool framed, EndReason reason)
    {
        var log = new EventLog();
        var (ended, served) = ServingClaims.EndOf();
        await using var site = transport.NewSite();
        var upstream = await site.ServeAsync(async (connection, _) =>
        {
            await connection.TakeAsync(4);
            var answer = reason switch
            {
                EndReason.Truncated => Messages.Wire("1 R half").AsMemory(0, 7),
                EndReason.ProtocolError => Messages.Corrupt,
                _ => default,
            };
            await connection.SendAsync(answer).InTime();
        });
        var server = await site.ServeAsync(
            async (connection, ct) =>
            {
                served(connection);
                await using var behind = await Connector.ConnectAsync(upstream.LocalAddress, Note.ById, new() { Engine = site.Engine }, ct);
                if (framed)
                {
                    var peer = connection.AsMessages();
                    await peer.HearAsync("hello");
                    await peer.SayAsync("half an answer");
                }
                else
                {
                    await connection.TakeAsync(9);
                    await connection.SayAsync("half an answer");
                }
                await behind.RequestAsync(new("question"), Timeout.InfiniteTimeSpan, ct);
            },
            new() { Logger = log });
        var client = await site.ConnectAsync(server);
        await client.SendAsync(Messages.Wire("hello")).InTime();
        var heard = await Record.ExceptionAsync(() => client.TakeAllAsync());
        if (!transport.Has(Divergence.AbortIsSeenAsFin))
        {
            Assert.Equal(EndReason.Reset, Assert.IsType<ConnectionException>(heard).Reason);
        }
        var end = await ended.InTime();
        Assert.Equal(EndReason.HandlerFailed, end.Reason);
        Assert.Equal(
            reason, end.Exception is FrameException broken ? broken.Reason : Assert.IsType<ConnectionException>(end.Exception).Reason);
        await Patience.UntilAsync(() => server.ConnectionCount == 0);
        Assert.Single(log.Lines, IsHandlersFailure);
    }

    private static async Task FailsInADrainAsync(Transport transport, ConnectionHandler handler)
    {
        var log = new EventLog();
        var (ended, served) = ServingClaims.EndOf();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(
            async (connection, ct) =>
            {
                served(connection);
                await connection.HearAsync("hello");
                await connection.SayAsync("hello");
                await connection.Draining.FiredAsync();
                await handler(connection, ct);
            },
            DrainClaims.Frozen with { Logger = log });
        var client = (await DrainClaims.TalkingClientsAsync(site, server, 1))[0];
        var stopping = server.StopAsync();
        var heard = await Record.ExceptionAsync(() => client.TakeAllAsync());
        Assert.Equal(!transport.Has(Divergence.AbortIsSeenAsFin), heard is ConnectionException { Reason: EndReason.Reset });
        await client.CloseAsync().InTime();
        await stopping.InTime();
        Assert.Equal(EndReason.HandlerFailed, (await ended.InTime()).Reason);
        Assert.Single(log.Lines, IsHandlersFailure);
    }

    private static async Task FailsAsync(Transport transport, ConnectionHandler handler)
    {
        var log = new EventLog();
        var (ended, served) = ServingClaims.EndOf();
        await using var site = transport.NewSite();
        var failing = true;
        var server = await site.ServeAsync(
            (connection, ct) =>
            {
                if (!failing)
                {
                    return ServingClaims.EchoAsync(connection, ct);
                }
                served(connection);
                return handler(connection, ct);
            },
            new() { Logger = log });
        // may be cut as early as this
        await Record.ExceptionAsync(async () => await (await site.ConnectAsync(server)).SayAsync("hello"));
        var end = await ended.InTime();
        Assert.Equal(EndReason.HandlerFailed, end.Reason);
        Assert.NotNull(end.Exception);
        await Patience.UntilAsync(() => log.Lines.Any(IsHandlersFailure));
        Assert.Contains(end.Exception.Message, Assert.Single(log.Lines, IsHandlersFailure), StringComparison.Ordinal);

        failing = false;
        var other = await site.ConnectAsync(server);
        await other.SayAsync("the others go on");
        await other.HearAsync("the others go on");
    }

    private static async Task EndsAsync(Transport transport, EndReason reason, ConnectionHandler handler)
    {
        var log = new EventLog();
        var (ended, served) = ServingClaims.EndOf();
        await using var site = transport.NewSite();
        Connection? serving = null;
        var server = await site.ServeAsync(
            (connection, ct) =>
            {
                served(serving = connection);
                return handler(connection, ct);
            },
            new() { Logger = log });
        var client = await site.ConnectAsync(server);
        await client.SayAsync("hello");
        if (reason == EndReason.Reset)
        {
            await Patience.UntilAsync(() => serving is not null);
            await site.DeliveredAsync(serving!, 6);
            client.Abort();
        }
        else
        {
            await Record.ExceptionAsync(() => client.TakeAllAsync());
            await client.CloseAsync().InTime();
        }
        Assert.Equal(reason, (await ended.InTime()).Reason);
        await Patience.UntilAsync(() => server.ConnectionCount == 0);
        Assert.DoesNotContain(log.Lines, IsHandlersFailure);
    }

    private static bool IsHandlersFailure(string line) => line.StartsWith("Error", StringComparison.Ordinal);
}
