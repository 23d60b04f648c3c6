namespace Zocalo.Contract.Claims;

/// <summary>However the connection ends, nobody is left waiting for a reply, and each learns why.</summary>
public sealed class MessagesRequestEndClaims
{
    [Claim]
    public Task When_the_peer_finishes(Transport transport) =>
        EndsAsync(transport, EndReason.PeerFinished, pair => pair.Server.CompleteOutputAsync().AsTask());

    [Claim]
    public Task When_the_peer_finishes_inside_a_reply(Transport transport) => EndsAsync(transport, EndReason.Truncated, async pair =>
    {
        await pair.Server.SendAsync(Messages.Wire("1 R half").AsMemory(0, 7)).InTime();
        await pair.Server.CompleteOutputAsync().InTime();
    });

    [Claim]
    public Task When_the_peer_breaks_the_format(Transport transport) =>
        EndsAsync(transport, EndReason.ProtocolError, pair => pair.Server.SendAsync(Messages.Corrupt).AsTask());

    [Claim]
    public Task When_a_reply_cannot_be_decoded(Transport transport) =>
        EndsAsync(transport, EndReason.ProtocolError, pair => pair.Server.SendAsync(Messages.Wire("nonsense")).AsTask());

    [Claim]
    public Task When_the_peer_resets(Transport transport) => EndsAsync(transport, EndReason.Reset, async pair =>
    {
        await pair.DeliveredAsync(pair.Client, pair.Client.Sent());     // unread there, so that a Unix socket tells of the reset
        pair.Server.Abort();
    });

    [Claim]
    public Task When_this_side_aborts(Transport transport) => EndsAsync(transport, EndReason.Aborted, pair =>
    {
        pair.Client.Abort();
        return Task.CompletedTask;
    });

    [Claim]
    public Task When_this_side_closes(Transport transport) => EndsAsync(transport, null, pair =>
    {
        _ = pair.Client.CloseAsync();
        return Task.CompletedTask;
    });

    [Claim]
    public async Task Also_when_nobody_reads_what_came_besides(Transport transport)
    {
        foreach (var protocol in Note.WithReplies)
        {
            foreach (var abort in new[] { true, false })
            {
                await using var pair = await transport.ConnectAsync();
                var client = pair.Client.AsFramed(protocol, new() { InboxCapacity = 1, RequestTimeout = Timeout.InfiniteTimeSpan });
                var reply = client.RequestAsync(new("question"));
                await pair.Server.SendAsync(Messages.Wire("0 - news", "0 - more news", "0 - and more")).InTime();
                await pair.DeliveredAsync(pair.Server, pair.Server.Sent());
                await Patience.UntilAsync(() => pair.Client.Received() == pair.Server.Sent());
                if (abort)
                {
                    client.Abort();
                }
                else
                {
                    _ = client.CloseAsync();
                }
                EndReason? reason = abort ? EndReason.Aborted : null;
                Assert.Equal(reason, ReasonOf(await Record.ExceptionAsync(() => reply.InTime())));
                Assert.Equal(reason, ReasonOf(await Record.ExceptionAsync(() => client.RequestAsync(new("too late")).InTime())));
            }
        }
    }

    [Claim]
    public async Task Also_when_the_request_had_no_room_and_is_sent_after_the_end(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(Messages.Roomy);
        var client = pair.Client.AsFramed(Protocol.Of(Messages.Long).WithRepliesInOrder());
        await client.ClogAsync();
        var request = client.RequestAsync(Messages.Of("too late"), Timeout.InfiniteTimeSpan);
        await pair.Server.CompleteOutputAsync().InTime();
        Assert.False(await client.WaitToReadAsync().InTime());
        await pair.Server.TakeAsync(Messages.ClogLength);
        Assert.Equal(EndReason.PeerFinished, ReasonOf(await Record.ExceptionAsync(() => request.InTime())));
    }

    [Claim]
    public async Task A_handler_whose_request_met_its_connections_end_has_not_failed(Transport transport)
    {
        var log = new EventLog();
        var (ended, served) = ServingClaims.EndOf();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(
            async (connection, _) =>
            {
                served(connection);
                await connection.AsFramed(Note.ById).RequestAsync(new("are you there?"));
            },
            new() { Logger = log });
        var client = await site.ConnectAsync(server);
        await client.TakeAsync(4);
        await client.CompleteOutputAsync().InTime();
        await Record.ExceptionAsync(() => client.TakeAllAsync());
        await client.CloseAsync().InTime();
        Assert.Equal(EndReason.PeerFinished, (await ended.InTime()).Reason);
        Assert.DoesNotContain(log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Claim]
    public async Task A_handler_whose_request_met_the_servers_stop_has_not_failed(Transport transport)
    {
        var log = new EventLog();
        var (ended, served) = ServingClaims.EndOf();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(
            async (connection, _) =>
            {
                served(connection);
                await connection.AsFramed(Note.ById).RequestAsync(new("are you there?"));
            },
            DrainClaims.Frozen with { Logger = log });
        var client = await site.ConnectAsync(server);
        await client.TakeAsync(4);
        var stopping = server.StopAsync();
        await Record.ExceptionAsync(() => client.TakeAllAsync());
        await client.CloseAsync().InTime();
        await stopping.InTime();
        Assert.Equal(EndReason.Drained, (await ended.InTime()).Reason);
        Assert.DoesNotContain(log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    /// <param name="transport">The row.</param>
    /// <param name="reason">What requests and the loop are told; null for <see cref="ObjectDisposedException"/>.</param>
    /// <param name="endAsync">Ends the connection; the client has made its requests.</param>
    private static async Task EndsAsync(Transport transport, EndReason? reason, Func<Pair, Task> endAsync)
    {
        foreach (var protocol in Note.WithReplies)
        {
            await using var pair = await transport.ConnectAsync();
            var client = pair.Client.AsFramed(protocol);
            var requests = Enumerable.Range(0, 20)
                .Select(i => client.RequestAsync(new($"question {i}"), Timeout.InfiniteTimeSpan))
                .ToArray();
            await endAsync(pair).InTime();
            foreach (var request in requests)
            {
                Assert.Equal(reason, ReasonOf(await Record.ExceptionAsync(() => request.InTime())));
            }
            Assert.Equal(reason, ReasonOf(await Record.ExceptionAsync(() => client.RequestAsync(new("one more")).InTime())));
            if (reason == EndReason.PeerFinished)
            {
                Assert.False(await client.WaitToReadAsync().InTime());
            }
            else
            {
                Assert.Equal(reason, ReasonOf(await Record.ExceptionAsync(() => client.WaitToReadAsync().InTime().AsTask())));
            }
            var end = pair.Client.CloseAsync();
            _ = pair.Server.CloseAsync();
            Assert.Equal(reason ?? EndReason.Completed, (await end.InTime()).Reason);
        }
    }

    private static EndReason? ReasonOf(Exception? error) => error switch
    {
        ConnectionException broken => broken.Reason,
        FrameException cut => cut.Reason,
        ObjectDisposedException => null,
        _ => throw new InvalidOperationException($"neither a reason nor a close: {error}", error),
    };
}
