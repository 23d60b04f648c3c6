namespace Zocalo.Contract.Claims;

/// <summary>Who closes has given the connection away: using it is refused, asking about it is not.</summary>
public sealed class AfterCloseClaims
{
    [Claim]
    public async Task Every_use_after_a_close_is_refused(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.CloseAsync();
        await RefusesEveryUseAsync(pair.Client);
    }

    [Claim]
    public async Task Every_use_while_a_close_waits_is_refused_as_well(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(time: new FakeTime());
        var closing = pair.Client.CloseAsync();
        await RefusesEveryUseAsync(pair.Client);
        Assert.False(closing.IsCompleted);
    }

    [Claim]
    public async Task A_close_ends_the_read_that_waits(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var reading = pair.Client.Input.ReadAsync().AsTask();
        var closing = pair.Client.CloseAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => reading.InTime());
        await pair.Server.CloseAsync().InTime();
        await closing.InTime();
    }

    [Claim]
    public async Task A_result_that_is_out_when_the_connection_closes_stays_readable(Transport transport)
    {
        var bytes = Chance.Bytes(20_000);
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SendAsync(bytes).InTime();
        var read = await pair.Server.SeeAsync(bytes.Length);
        await pair.CloseAsync();
        await using var other = await transport.ConnectAsync();        // would get the memory, if it had been given back
        await other.Client.SendAsync(new byte[20_000]).InTime();
        await other.Server.TakeAsync(20_000);
        Assert.Equal(bytes, System.Buffers.BuffersExtensions.ToArray(read.Buffer));
        Assert.Throws<ObjectDisposedException>(() => pair.Server.Input.AdvanceTo(read.Buffer.End));
    }

    [Claim(Needs = Needs.Threads)]
    public async Task Memory_that_a_writer_holds_when_the_connection_closes_becomes_nobody_elses(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Client.Write("said");
        var held = pair.Client.Output.GetMemory(100);              // a writer at work, when another thread closes
        await pair.CloseAsync();
        var others = new List<Pair>();
        for (var i = 0; i < 50; i++)
        {
            var other = await transport.ConnectAsync();
            others.Add(other);
            Assert.False(other.Client.Output.GetMemory(1).Span.Overlaps(held.Span), "two connections were given the same memory");
        }
        foreach (var other in others)
        {
            await other.DisposeAsync();
        }
    }

    [Claim]
    public async Task A_writer_that_is_overtaken_by_the_half_close_is_told_so(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Client.Output.GetMemory(1);
        pair.Client.Output.Complete();
        Assert.Throws<InvalidOperationException>(() => pair.Client.Output.Advance(1));
    }

    [Claim]
    public async Task What_describes_a_connection_can_still_be_asked_after_its_close(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var before = (pair.Client.Id, pair.Client.LocalAddress, pair.Client.RemoteAddress, pair.Client.ToString());
        await pair.CloseAsync();
        Assert.Equal(before, (pair.Client.Id, pair.Client.LocalAddress, pair.Client.RemoteAddress, pair.Client.ToString()));
        Assert.True(pair.Client.Closed.IsCompletedSuccessfully);
        Assert.False(pair.Client.ConnectionClosed.IsCancellationRequested);
        Assert.False(pair.Client.Draining.IsCancellationRequested);
        Assert.Equal(0, pair.Client.Output.UnflushedBytes);
    }

    [Claim]
    public async Task What_ends_a_connection_may_be_called_after_its_close(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.CloseAsync();
        pair.Client.Abort();
        pair.Client.Input.Complete();
        pair.Client.Output.Complete();
        pair.Client.Input.CancelPendingRead();
        pair.Client.Output.CancelPendingFlush();
        pair.Client.Input.Complete(new FormatException());
        pair.Client.Output.Complete(new FormatException());
        await pair.Client.DisposeAsync().InTime();
        Assert.Equal(EndReason.Completed, Normalized((await pair.Client.Closed.InTime()).Reason));

        static EndReason Normalized(EndReason reason) => reason == EndReason.PeerFinished ? EndReason.Completed : reason;
    }

    private static async Task RefusesEveryUseAsync(Connection connection)
    {
        Assert.Throws<ObjectDisposedException>(() => connection.Output.GetMemory());
        Assert.Throws<ObjectDisposedException>(() => connection.Output.GetSpan());
        Assert.Throws<ObjectDisposedException>(() => connection.Output.Advance(0));
        Assert.Throws<ObjectDisposedException>(() => connection.Input.TryRead(out _));
        Assert.Throws<ObjectDisposedException>(() => connection.Input.AdvanceTo(default));
        Assert.Throws<ObjectDisposedException>(() => connection.Input.AdvanceTo(default, default));
        var operations = new Func<Task>[]
        {
            () => connection.Input.ReadAsync().AsTask(),
            () => connection.ReceiveAsync(new byte[1]).AsTask(),
            () => connection.Output.FlushAsync().AsTask(),
            () => connection.Output.WriteAsync(new byte[1]).AsTask(),
            () => connection.SendAsync(new byte[1]).AsTask(),
            () => connection.CompleteOutputAsync().AsTask(),
        };
        foreach (var operation in operations)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => operation().InTime());
        }
    }
}
