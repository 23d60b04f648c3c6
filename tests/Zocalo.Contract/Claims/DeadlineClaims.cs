namespace Zocalo.Contract.Claims;

/// <summary>A peer that takes too long is cut: never before its time, and at the latest a quarter of it plus a second after it. On a clock
/// of the test's.</summary>
public sealed class DeadlineClaims
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Latest = (Limit * 1.25) + TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    [Claim]
    public async Task A_connection_on_which_nothing_moves_is_cut(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        pair.Server.Deadlines = new() { Idle = Limit };
        await CutAsync(time, pair.Server, Deadline.Idle);
    }

    [Claim]
    public async Task A_connection_is_cut_though_its_reader_waits(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        var reading = pair.Server.Input.ReadAsync().AsTask();
        pair.Server.Deadlines = new() { Idle = Limit };
        await CutAsync(time, pair.Server, Deadline.Idle);
        var error = await Assert.ThrowsAsync<ConnectionException>(() => reading.InTime());
        Assert.Equal((EndReason.DeadlineExceeded, Deadline.Idle), (error.Reason, error.Deadline));
    }

    [Claim]
    public async Task The_limit_counts_from_the_last_byte(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        pair.Server.Deadlines = new() { Idle = Limit, Silence = Limit };
        for (var i = 0; i < 5; i++)
        {
            time.Advance(Limit * 0.9);
            await pair.Client.SayAsync("a");
            await pair.Server.HearAsync("a");
        }
        await CutAsync(time, pair.Server, Deadline.Silence);
    }

    [Claim]
    public async Task Bytes_that_nobody_has_read_count_as_received(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        pair.Server.Deadlines = new() { Idle = Limit, Silence = Limit, FirstByte = Limit };
        for (var i = 1; i <= 5; i++)
        {
            time.Advance(Limit * 0.9);
            await pair.Client.SayAsync("a");
            await pair.DeliveredAsync(pair.Client, i);
        }
        await CutAsync(time, pair.Server, Deadline.Silence);
    }

    [Claim]
    public async Task A_peer_that_takes_bytes_is_silent_and_not_idle(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        pair.Server.Deadlines = new() { Idle = Limit };
        for (var i = 0; i < 5; i++)
        {
            time.Advance(Limit * 0.9);
            await pair.Server.SayAsync("a");
            await pair.Client.HearAsync("a");
            await pair.DeliveredAsync(pair.Server, i + 1);
        }
        Assert.Null(pair.Server.Core.Cause);
        pair.Server.Deadlines = new() { Silence = Limit };
        await pair.Server.SayAsync("a");
        time.Advance(Latest);
        Assert.Equal(Deadline.Silence, (await pair.Server.Closed.InTime()).Deadline);
    }

    [Claim]
    public async Task A_peer_that_never_begins_is_cut_and_one_that_has_begun_is_not(Transport transport)
    {
        var time = new FakeTime();
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync(new() { Time = time, Deadlines = new() { FirstByte = Limit } });
        var (_, served) = await site.PairAsync(listener);
        var (speaking, heard) = await site.PairAsync(listener);
        await speaking.SayAsync("a");
        await heard.HearAsync("a");
        await CutAsync(time, served, Deadline.FirstByte);
        time.Advance(Latest);
        Assert.Null(heard.Core.Cause);
    }

    [Claim]
    public async Task A_connection_has_a_lifetime_whatever_moves(Transport transport)
    {
        var time = new FakeTime();
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync(new() { Time = time, Deadlines = new() { Lifetime = Limit } });
        var (client, server) = await site.PairAsync(listener);
        for (var passed = TimeSpan.Zero; passed + TimeSpan.FromSeconds(3) < Limit; passed += TimeSpan.FromSeconds(3))
        {
            time.Advance(TimeSpan.FromSeconds(3));
            await client.SayAsync("a");
            await server.HearAsync("a");
        }
        time.Advance(Latest - (Limit - TimeSpan.FromSeconds(3)));
        Assert.Equal(Deadline.Lifetime, (await server.Closed.InTime()).Deadline);
    }

    [Claim]
    public async Task A_peer_that_dribbles_a_message_is_cut(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        pair.Server.Deadlines = new() { MinRate = 100, MinRateGrace = Limit };
        var reading = ReadWholeAsync(pair.Server);
        var sent = 0;
        await Patience.UntilAsync(() => reading.IsCompleted, meanwhile: () =>
        {
            _ = Record.ExceptionAsync(() => pair.Client.SendAsync(new byte[1]).AsTask().InTime());
            sent++;
            time.Advance(TimeSpan.FromSeconds(1));
        });
        Assert.Equal(Deadline.MinRate, (await pair.Server.Closed.InTime()).Deadline);
        Assert.True(sent > Limit.TotalSeconds, "it was cut early");
    }

    [Claim]
    public async Task A_peer_that_sends_its_message_fast_enough_is_not_cut(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        pair.Server.Deadlines = new() { MinRate = 100, MinRateGrace = Limit };
        _ = ReadWholeAsync(pair.Server);
        for (var i = 1; i <= 100; i++)
        {
            await pair.Client.SendAsync(new byte[150]);
            await Patience.UntilAsync(() => pair.Server.Core.Read.BytesReceived == i * 150);
            time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Null(pair.Server.Core.Cause);
    }

    [Claim]
    public async Task A_peer_that_takes_nothing_while_a_flush_waits_is_cut(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        pair.Server.Deadlines = new() { MinRate = 100, MinRateGrace = Limit };
        var sending = Stall.Send(pair.Server);
        time.Advance(Limit);
        Assert.Null(pair.Server.Core.Cause);
        await Patience.UntilAsync(() => sending.IsCompleted, meanwhile: () => time.Advance(Limit));
        Assert.Equal(Deadline.MinRate, (await pair.Server.Closed.InTime()).Deadline);
    }

    [Claim]
    public async Task A_connection_that_closes_has_the_limit_of_a_close_only(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(new() { CloseTimeout = Limit * 10 }, time);
        pair.Server.Deadlines = new() { Idle = Limit, Lifetime = Limit };
        var closing = pair.Server.CloseAsync();
        time.Advance(Latest * 2);
        Assert.Null(pair.Server.Core.Cause);
        await pair.Client.CloseAsync().InTime();
        Assert.Equal(EndReason.Completed, (await closing.InTime()).Reason);
    }

    /// <summary>Reads until all is there, which never comes, and consumes nothing.</summary>
    private static async Task ReadWholeAsync(Connection connection)
    {
        try
        {
            while (true)
            {
                var read = await connection.Input.ReadAsync();
                connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (ConnectionException)
        {
            // the end that the claim is about
        }
    }

    /// <summary>Nothing moves from now on: the connection is cut within the bounds.</summary>
    private static async Task CutAsync(FakeTime time, Connection connection, Deadline deadline)
    {
        time.Advance(Limit);
        Assert.Null(connection.Core.Cause);
        for (var passed = Limit; connection.Core.Cause is null && passed <= Latest; passed += Step)
        {
            time.Advance(Step);
        }
        Assert.Equal((EndReason.DeadlineExceeded, deadline), (connection.Core.Cause?.Reason, connection.Core.Cause?.Deadline));
        var end = await connection.Closed.InTime();
        Assert.Equal((EndReason.DeadlineExceeded, deadline), (end.Reason, end.Deadline));
    }
}
