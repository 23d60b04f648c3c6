namespace Zocalo.Contract.Claims;

/// <summary>Requests that give up, by time, by token or by their own fault, and replies that come too late: nobody else is touched. On a
/// clock of the test's.</summary>
public sealed class MessagesRequestTimeClaims
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Claim]
    public async Task A_reply_that_comes_too_late_is_counted_and_answers_nobody_else(Transport transport)
    {
        foreach (var protocol in Note.WithReplies)
        {
            var time = new FakeTime();
            await using var pair = await transport.ConnectAsync(time: time);
            var (client, server) = (pair.Client.AsFramed(protocol), pair.Server.AsFramed(Note.Plain));
            var late = client.RequestAsync(new("late"), Second);
            var punctual = client.RequestAsync(new("punctual"), 3 * Second);
            var (one, other) = (await Note.NextAsync(server), await Note.NextAsync(server));
            await PassAsync(time, Second, 2);
            await Assert.ThrowsAsync<TimeoutException>(() => late.InTime());
            Assert.False(punctual.IsCompleted);
            var next = client.RequestAsync(new("next"));
            var third = await Note.NextAsync(server);
            await server.SendAsync(one.Reply("too late")).InTime();
            await server.SendAsync(other.Reply("in time")).InTime();
            await server.SendAsync(third.Reply("next")).InTime();
            Assert.Equal("in time", (await punctual.InTime()).Text);
            Assert.Equal("next", (await next.InTime()).Text);
            Assert.Equal(1, client.LateReplies);
        }
    }

    [Claim]
    public async Task A_request_waits_as_long_as_the_options_say_unless_it_says_itself(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(time: time);
        var client = pair.Client.AsFramed(Note.ById, new() { RequestTimeout = 10 * Second });
        var (brief, usual, endless) = (
            client.RequestAsync(new("a"), Second),
            client.RequestAsync(new("b")),
            client.RequestAsync(new("c"), Timeout.InfiniteTimeSpan));
        await PassAsync(time, Second, 2);
        await Assert.ThrowsAsync<TimeoutException>(() => brief.InTime());
        Assert.False(usual.IsCompleted);
        time.Advance(9 * Second);
        await Assert.ThrowsAsync<TimeoutException>(() => usual.InTime());
        time.Advance(TimeSpan.FromDays(1));
        Assert.False(endless.IsCompleted);
        client.Abort();
        await Assert.ThrowsAsync<ConnectionException>(() => endless.InTime());
    }

    [Claim]
    public async Task The_time_that_a_request_waits_for_room_counts(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(Messages.Roomy, time);
        var client = pair.Client.AsFramed(Protocol.Of(Messages.Long).WithRepliesInOrder());
        await client.ClogAsync();
        var request = client.RequestAsync(Messages.Of("nobody reads"), Second);
        await PassAsync(time, Second, 1);
        time.Advance(Second);
        await Assert.ThrowsAsync<TimeoutException>(() => request.InTime());
        client.Abort();
    }

    [Claim]
    public async Task A_cancelled_request_ends_and_its_reply_answers_nobody_else(Transport transport)
    {
        foreach (var protocol in Note.WithReplies)
        {
            await using var pair = await transport.ConnectAsync();
            var (client, server) = (pair.Client.AsFramed(protocol), pair.Server.AsFramed(Note.Plain));
            using var cancel = new CancellationTokenSource();
            var cancelled = client.RequestAsync(new("cancelled"), cancellationToken: cancel.Token);
            var one = await Note.NextAsync(server);
            await cancel.FireAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.InTime());
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => client.RequestAsync(new("never sent"), cancellationToken: cancel.Token).InTime());
            var next = client.RequestAsync(new("next"));
            var other = await Note.NextAsync(server);
            Assert.Equal("next", other.Text);
            await server.SendAsync(one.Reply("to nobody")).InTime();
            await server.SendAsync(other.Reply("to the next")).InTime();
            Assert.Equal("to the next", (await next.InTime()).Text);
            Assert.Equal(1, client.LateReplies);
        }
    }

    [Claim]
    public async Task A_request_that_gave_up_waiting_for_room_takes_no_place_in_the_order(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(Messages.Roomy);
        var client = pair.Client.AsFramed(Protocol.Of(Messages.Long).WithRepliesInOrder());
        await client.ClogAsync();
        using var cancel = new CancellationTokenSource();
        var cancelled = client.RequestAsync(Messages.Of("cancelled"), cancellationToken: cancel.Token);
        var next = client.RequestAsync(Messages.Of("next"));
        await cancel.FireAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.InTime());
        await pair.Server.TakeAsync(Messages.ClogLength);
        Assert.Equal(Messages.Wire("next"), await pair.Server.TakeAsync(8));
        await pair.Server.SendAsync(Messages.Wire("re: next")).InTime();
        Assert.Equal("re: next", (await next.InTime()).Text());
        Assert.Equal(0, client.LateReplies);
    }

    [Claim]
    public async Task A_request_that_cannot_be_encoded_takes_no_place_in_the_order(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var client = pair.Client.AsFramed(Protocol.Of(Frames.Lines()).WithRepliesInOrder());
        await Assert.ThrowsAsync<ArgumentException>(() => client.RequestAsync(Messages.Of("two\nlines")).InTime());
        var next = client.RequestAsync(Messages.Of("next"));
        await pair.Server.HearAsync("next\n");
        await pair.Server.SayAsync("re: next\n");
        Assert.Equal("re: next", (await next.InTime()).Text());
    }

    [Claim]
    public async Task Replies_that_nobody_waits_for_are_counted(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var (client, server) = (pair.Client.AsFramed(Note.ById), pair.Server.AsFramed(Note.Plain));
        await server.SendAsync(new("what", 77, IsReply: true)).InTime();
        await server.SendAsync(new("what", -1, IsReply: true)).InTime();
        await server.SendAsync(new("news")).InTime();
        Assert.Equal("news", (await Note.NextAsync(client)).Text);
        Assert.Equal(2, client.LateReplies);
    }

    /// <summary>Lets time pass once so many timers are set: a request sets its own when it was sent.</summary>
    private static async Task PassAsync(FakeTime time, TimeSpan by, int timers)
    {
        await Patience.UntilAsync(() => time.PendingTimers >= timers);
        time.Advance(by);
    }
}
