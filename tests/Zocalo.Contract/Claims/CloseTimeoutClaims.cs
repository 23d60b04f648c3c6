namespace Zocalo.Contract.Claims;

/// <summary>A close is bounded by the peer's progress, on a clock of the test's.</summary>
public sealed class CloseTimeoutClaims
{
    private static readonly TimeSpan Patient = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Claim]
    public async Task A_close_waits_CloseTimeout_for_a_peer_that_never_finishes_and_then_cuts(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(new() { CloseTimeout = Patient }, time);
        var closing = pair.Client.CloseAsync();
        await pair.Server.HearTheEndAsync();
        time.Advance(Patient - Tick);
        Assert.False(closing.IsCompleted);
        var end = await PassesAsync(time, closing);
        Assert.Equal((EndReason.DeadlineExceeded, Deadline.Close), (end.Reason, end.Deadline));
        Assert.Equal((DirectionEnd.Broken, DirectionEnd.Finished), (end.Input, end.Output));
    }

    [Claim]
    public async Task A_close_cuts_a_peer_that_does_not_take_what_is_left(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(new() { CloseTimeout = Patient }, time);
        var sending = Stall.Send(pair.Client);
        var end = await PassesAsync(time, pair.Client.CloseAsync());
        Assert.Equal((EndReason.DeadlineExceeded, Deadline.Close), (end.Reason, end.Deadline));
        Assert.Equal((DirectionEnd.Broken, DirectionEnd.Broken), (end.Input, end.Output));
        Assert.Equal(Deadline.Close, (await Assert.ThrowsAsync<ConnectionException>(() => sending.InTime())).Deadline);
    }

    [Claim]
    public async Task Completing_both_sides_is_bounded_as_a_close_is(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(new() { CloseTimeout = Patient }, time);
        pair.Client.Input.Complete();
        pair.Client.Output.Complete();
        var end = await PassesAsync(time, pair.Client.Closed);
        Assert.Equal((EndReason.DeadlineExceeded, Deadline.Close), (end.Reason, end.Deadline));
    }

    [Claim]
    public async Task Bytes_that_still_come_do_not_prolong_a_close(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(new() { CloseTimeout = Patient }, time);
        var closing = pair.Client.CloseAsync();
        await Patience.UntilAsync(() => closing.IsCompleted, meanwhile: () =>
        {
            _ = Record.ExceptionAsync(() => pair.Server.SendAsync(new byte[1]).AsTask());
            time.Advance(Patient);
        });
        Assert.Equal(EndReason.DeadlineExceeded, (await closing).Reason);
    }

    [Claim]
    public async Task A_close_to_a_slow_but_living_reader_is_not_cut(Transport transport)
    {
        const int Total = 16_000_000;
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(new() { CloseTimeout = Patient }, time);
        var bytes = Chance.Bytes(Total);
        bytes.CopyTo(pair.Server.Output.GetMemory(Total));
        pair.Server.Output.Advance(Total);
        var closing = pair.Server.CloseAsync();
        var heard = new MemoryStream();

        // Once a period the peer reads until the closing side can know that it did, then it pauses. Every other time it reads on until all looks as it
        // did a period ago, if it comes to that: the kernel's queue is as full as before, and yet bytes have moved.
        for (var period = 0; !IsAllTaken(); period++)
        {
            var before = Seen();
            do
            {
                heard.Write(await pair.Client.TakeAsync(Math.Min(10_000, Total - (int)heard.Length)));
            }
            while (Seen() == before && !IsAllTaken());
            for (var more = 0; period % 2 == 0 && more < 100_000 && Seen() != before && !IsAllTaken(); more += 1000)
            {
                heard.Write(await pair.Client.TakeAsync(Math.Min(1000, Total - (int)heard.Length)));
            }
            time.Advance(Patient);
            Assert.False(pair.Server.ConnectionClosed.IsCancellationRequested, $"cut after the peer had read {heard.Length} of {Total} bytes");
        }

        heard.Write(await pair.Client.TakeAllAsync());
        Assert.Equal(bytes, heard.ToArray());
        await pair.Client.CloseAsync().InTime();
        Assert.Equal(EndReason.Completed, (await closing.InTime()).Reason);

        (long, int) Seen() => (pair.Server.Sent(), pair.Server.Unacknowledged());
        bool IsAllTaken() => Seen() == (Total, 0);
    }

    [Claim]
    public async Task Without_a_CloseTimeout_a_close_waits_for_ever(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(new() { CloseTimeout = Timeout.InfiniteTimeSpan }, time);
        var closing = pair.Client.CloseAsync();
        for (var day = 0; day < 100; day++)
        {
            time.Advance(TimeSpan.FromDays(1));
        }
        Assert.False(closing.IsCompleted);
        await pair.Server.CloseAsync().InTime();
        Assert.Equal(EndReason.Completed, (await closing.InTime()).Reason);
    }

    /// <summary>Lets the time pass until the connection has ended. More than one period may go by: an engine's answer to a send can count as progress.</summary>
    private static async Task<ConnectionEnd> PassesAsync(FakeTime time, Task<ConnectionEnd> closed)
    {
        await Patience.UntilAsync(() => closed.IsCompleted, meanwhile: () => time.Advance(Patient));
        return await closed;
    }
}
