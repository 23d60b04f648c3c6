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
            _ = Record.ExceptionAsync(() => pair.Server.SendAsync(new byte[1]).AsTask().InTime());
            time.Advance(Patient);
        });
        Assert.Equal(EndReason.DeadlineExceeded, (await closing).Reason);
    }

    [Claim]
    public async Task A_close_to_a_slow_but_living_reader_is_not_cut(Transport transport)
    {
        const int Total = 5_000_000;
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(new() { CloseTimeout = Patient }, time);
        var bytes = Chance.Bytes(Total);
        bytes.CopyTo(pair.Server.Output.GetMemory(Total));
        pair.Server.Output.Advance(Total);
        var closing = pair.Server.CloseAsync();
        var heard = new MemoryStream();

        // Once a period the peer reads until the closing side can know that it did, then it pauses. Every other time it reads on, to see
        // all looking as it did a period ago, if it comes to that: the kernel's queue as full as before, and yet bytes have moved.
        var last = await SettledAsync();
        for (var period = 0; last != (Total, 0) && heard.Length < Total; period++)
        {
            var now = await ReadAsync();
            while (now == last && heard.Length < Total)
            {
                now = await ReadAsync();
            }
            for (var more = 10; period % 2 == 0 && more > 0 && now != last && heard.Length < Total; more--)
            {
                now = await ReadAsync();
            }
            last = now;
            if (heard.Length < Total)       // the last bytes may be acknowledged later
            {
                time.Advance(Patient);
                last = Look();      // what the closing side has just seen, or later: the kernel may move on between the two
            }
            Assert.False(pair.Server.HasFailed(), $"cut after the peer had read {heard.Length} of {Total} bytes");
        }

        heard.Write(await pair.Client.TakeAllAsync());
        Assert.Equal(bytes, heard.ToArray());
        await pair.Client.CloseAsync().InTime();
        Assert.Equal(EndReason.Completed, (await closing.InTime()).Reason);

        async Task<(long, int)> ReadAsync()
        {
            heard.Write(await pair.Client.TakeAsync(Math.Min(20_000, Total - (int)heard.Length)));
            return await SettledAsync();
        }

        // What the kernel has taken and what is not acknowledged, once that stands still: both move on their own for a while after a read.
        async Task<(long, int)> SettledAsync()
        {
            var (before, now) = ((-1L, -1), (-1L, -1));
            await Patience.UntilAsync(
                () => before == now && now != (-1, -1),
                meanwhile: () => (before, now) = (now, Look()));
            return now;
        }

        // These only go on: more is taken, or of the same less is not acknowledged. So what differs from a look differs from every look
        // before it.
        (long, int) Look() => (pair.Server.Sent(), pair.Server.Unacknowledged());
    }

    [Claim]
    public async Task Without_a_CloseTimeout_a_close_waits_for_ever(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(new() { CloseTimeout = Timeout.InfiniteTimeSpan }, time);
        var closing = pair.Client.CloseAsync();
        time.Advance(TimeSpan.FromDays(1));     // each five seconds the other end is visited
        Assert.False(closing.IsCompleted);
        await pair.Server.CloseAsync().InTime();
        Assert.Equal(EndReason.Completed, (await closing.InTime()).Reason);
    }

    /// <summary>Lets the time pass until the connection has ended. More than one period may go by: an engine's answer to a send can count
    /// as progress.</summary>
    private static async Task<ConnectionEnd> PassesAsync(FakeTime time, Task<ConnectionEnd> closed)
    {
        await Patience.UntilAsync(() => closed.IsCompleted, meanwhile: () => time.Advance(Patient));
        return await closed;
    }
}
