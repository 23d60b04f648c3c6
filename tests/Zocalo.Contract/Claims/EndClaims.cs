using static Zocalo.DirectionEnd;
using static Zocalo.EndReason;

namespace Zocalo.Contract.Claims;

/// <summary>Each end of each connection tells one truth about how it ended: why, how each direction ended, and how much went
/// through.</summary>
public sealed class EndClaims
{
    [Claim]
    public async Task The_client_finishes_first(Transport transport)
    {
        await using var pair = await TalkedAsync(transport);
        var closing = pair.Client.CloseAsync();
        await pair.Server.HearTheEndAsync();
        var server = await pair.Server.CloseAsync().InTime();
        IsEnd(await closing.InTime(), Completed, Finished, Finished, received: 7, sent: 5);
        IsEnd(server, PeerFinished, Finished, Finished, received: 5, sent: 7);
    }

    [Claim]
    public async Task The_server_finishes_first(Transport transport)
    {
        await using var pair = await TalkedAsync(transport);
        var closing = pair.Server.CloseAsync();
        await pair.Client.HearTheEndAsync();
        var client = await pair.Client.CloseAsync().InTime();
        IsEnd(await closing.InTime(), Completed, Finished, Finished, received: 5, sent: 7);
        IsEnd(client, PeerFinished, Finished, Finished, received: 7, sent: 5);
    }

    [Claim]
    public async Task Both_directions_end_by_themselves_without_a_close(Transport transport)
    {
        await using var pair = await TalkedAsync(transport);
        await pair.Client.CompleteOutputAsync().InTime();
        await pair.Server.HearTheEndAsync();
        Assert.False(pair.Server.Closed.IsCompleted);
        await pair.Server.CompleteOutputAsync().InTime();
        IsEnd(await pair.Server.Closed.InTime(), PeerFinished, Finished, Finished, received: 5, sent: 7);
        await pair.Client.HearTheEndAsync();
        IsEnd(await pair.Client.Closed.InTime(), Completed, Finished, Finished, received: 7, sent: 5);
    }

    [Claim]
    public async Task One_side_aborts(Transport transport)
    {
        await using var pair = await TalkedAsync(transport);
        var waiting = Record.ExceptionAsync(() => pair.Server.Input.ReadAsync().AsTask().InTime());
        pair.Client.Abort();
        IsEnd(await pair.Client.Closed.InTime(), Aborted, Broken, Broken, received: 7, sent: 5);
        await waiting.InTime();
        var server = await pair.Server.CloseAsync().InTime();
        if (transport.Has(Divergence.AbortIsSeenAsFin))
        {
            IsEnd(server, PeerFinished, Finished, Finished, received: 5, sent: 7);
        }
        else
        {
            IsEnd(server, Reset, Broken, Broken, received: 5, sent: 7);
            Assert.NotNull(server.SocketError);
        }
    }

    [Claim]
    public async Task One_side_aborts_after_the_other_has_finished(Transport transport)
    {
        await using var pair = await TalkedAsync(transport);
        await pair.Client.CompleteOutputAsync().InTime();
        await pair.Server.HearTheEndAsync();
        pair.Server.Abort();
        IsEnd(await pair.Server.Closed.InTime(), Aborted, Finished, Broken, received: 5, sent: 7);
        await Record.ExceptionAsync(() => pair.Client.TakeAllAsync());
        var client = await pair.Client.CloseAsync().InTime();
        if (transport.Has(Divergence.AbortIsSeenAsFin))
        {
            IsEnd(client, Completed, Finished, Finished, received: 7, sent: 5);
        }
        else
        {
            IsEnd(client, Reset, Broken, Finished, received: 7, sent: 5);
        }
    }

    [Claim]
    public async Task The_first_abnormal_cause_is_the_one_that_counts(Transport transport)
    {
        for (var time = 0; time < 50; time++)
        {
            await using var pair = await TalkedAsync(transport);
            var waiting = Record.ExceptionAsync(() => pair.Server.Input.ReadAsync().AsTask().InTime());
            var first = new FormatException("the first");
            pair.Server.Output.Complete(first);
            pair.Server.Output.Complete(new FormatException("the second"));     // before the first has settled, often
            pair.Server.Abort();
            pair.Client.Abort();
            Assert.Same(first, Assert.IsType<ConnectionException>(await waiting.InTime()).InnerException);
            Assert.Same(first, (await pair.Server.Closed.InTime()).Exception);
        }
    }

    [Claim]
    public async Task Bytes_are_counted_whether_or_not_anybody_read_them(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SendAsync(new byte[3_000]).InTime();
        await pair.Client.CompleteOutputAsync().InTime();
        await pair.Server.TakeAsync(1);
        var (client, server) = await pair.CloseAsync();
        Assert.Equal(3_000, client.BytesSent);
        Assert.Equal(3_000, server.BytesReceived);
    }

    [Claim]
    public async Task An_end_reads_as_one_line(Transport transport)
    {
        await using var pair = await TalkedAsync(transport);
        var closing = pair.Client.CloseAsync();
        await pair.Server.HearTheEndAsync();
        Assert.Equal("PeerFinished, 5 in, 7 out", (await pair.Server.CloseAsync().InTime()).ToString());
        Assert.Equal("Completed, 7 in, 5 out", (await closing.InTime()).ToString());
    }

    [Claim]
    public async Task Closed_is_one_task_that_ends_once_and_never_faults(Transport transport)
    {
        var endings = new Func<Pair, Task>[]
        {
            pair => pair.CloseAsync(),
            pair => Beside.Run(pair.Server.Abort),
            pair => pair.ResetByClientAsync(),
            pair => Beside.Run(() => pair.Server.Output.Complete(new FormatException())),
        };
        foreach (var endAsync in endings)
        {
            await using var pair = await transport.ConnectAsync();
            var reading = Record.ExceptionAsync(() => pair.Server.Input.ReadAsync().AsTask().InTime());
            var before = pair.Server.Closed;
            Assert.False(before.IsCompleted);
            await endAsync(pair).InTime();
            await reading.InTime();
            var end = await before.InTime();
            Assert.True(before.IsCompletedSuccessfully);
            Assert.Same(before, pair.Server.Closed);
            Assert.Same(end, await pair.Server.CloseAsync().InTime());
        }
    }

    [Claim]
    public async Task Closed_can_be_asked_for_the_first_time_when_all_is_over(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Client.Abort();
        await Patience.UntilAsync(() => pair.Client.HasEnded());
        Assert.Equal(Aborted, (await pair.Client.Closed.InTime()).Reason);
    }

    /// <summary>A pair of which the client has said 5 bytes and the server 7, and both have heard.</summary>
    private static Task<Pair> TalkedAsync(Transport transport) => TalkAsync(transport.ConnectAsync());

    private static async Task<Pair> TalkAsync(Task<Pair> connecting)
    {
        var pair = await connecting;
        await pair.Client.SayAsync("hello");
        await pair.Server.HearAsync("hello");
        await pair.Server.SayAsync("welcome");
        await pair.Client.HearAsync("welcome");
        return pair;
    }

    private static void IsEnd(ConnectionEnd end, EndReason reason, DirectionEnd input, DirectionEnd output, long received, long sent) =>
        Assert.Equal((reason, input, output, received, sent), (end.Reason, end.Input, end.Output, end.BytesReceived, end.BytesSent));
}
