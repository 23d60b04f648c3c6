namespace Zocalo.Contract.Claims;

/// <summary>A handler's exception ends its connection and nothing else; and what only tells of the connection's own end is no failure.</summary>
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
    public Task A_handler_that_meets_the_end_of_another_connection_fails(Transport transport) => FailsAsync(transport, async (connection, _) =>
    {
        await connection.HearAsync("hello");
        var (one, other) = ConnectionPair.Create();
        one.Abort();
        other.Abort();
        await one.SayAsync("to nobody");
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
    public Task A_handler_that_our_token_stopped_has_not_failed(Transport transport) => EndsAsync(transport, EndReason.Aborted, async (connection, ct) =>
    {
        await connection.HearAsync("hello");
        connection.Abort();
        await Task.Delay(Timeout.Infinite, ct);
    });

    [Claim]
    public Task A_handler_that_meets_its_own_connections_reset_has_not_failed(Transport transport) => EndsAsync(transport, EndReason.Reset, async (connection, _) =>
    {
        await connection.HearAsync("hello");
        await connection.SayAsync("unread");        // makes the client's abort a reset on every row
        await connection.TakeAsync(1);
    });

    [Claim]
    public Task A_handler_that_goes_on_after_its_own_close_has_not_failed(Transport transport) => EndsAsync(transport, EndReason.Completed, async (connection, ct) =>
    {
        await connection.HearAsync("hello");
        var closing = connection.CloseAsync(ct);
        Assert.False(closing.IsFaulted);
        await connection.SayAsync("too late");
    });

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
        await Record.ExceptionAsync(async () => await (await site.ConnectAsync(server)).SayAsync("hello"));      // may be cut as early as this
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
