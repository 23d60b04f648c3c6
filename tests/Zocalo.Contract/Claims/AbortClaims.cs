namespace Zocalo.Contract.Claims;

/// <summary>Abort cuts: at once, from anywhere, and both sides are told.</summary>
public sealed class AbortClaims
{
    [Claim]
    public async Task An_abort_is_a_reset_to_the_peer(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var waiting = pair.Server.Input.ReadAsync().AsTask();
        pair.Client.Abort();
        if (transport.Has(Divergence.AbortIsSeenAsFin))
        {
            Assert.True((await waiting.InTime()).IsCompleted);
            Assert.Equal(EndReason.PeerFinished, (await pair.Server.CloseAsync().InTime()).Reason);
        }
        else
        {
            var error = await Assert.ThrowsAsync<ConnectionException>(() => waiting.InTime());
            Assert.Equal(EndReason.Reset, error.Reason);
            Assert.NotNull(error.SocketError);
        }
    }

    [Claim]
    public async Task A_reset_ends_the_read_that_waits(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var waiting = pair.Server.Input.ReadAsync().AsTask();
        await pair.ResetByClientAsync();
        var error = await Assert.ThrowsAsync<ConnectionException>(() => waiting.InTime());
        Assert.Equal(EndReason.Reset, error.Reason);
    }

    [Claim]
    public async Task A_reset_ends_the_flush_that_waits(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var waiting = Stall.Send(pair.Server);
        pair.Client.Abort();        // with much unread
        var error = await Assert.ThrowsAsync<ConnectionException>(() => waiting.InTime());
        Assert.Equal(EndReason.Reset, error.Reason);
    }

    [Claim]
    public async Task A_reset_in_the_middle_of_a_message_is_an_error_and_not_an_end(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("Content-Length: 100");
        var read = await pair.Server.SeeAsync(19);
        pair.Server.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        var rest = pair.Server.Input.ReadAsync().AsTask();
        await pair.ResetByClientAsync();
        var error = await Assert.ThrowsAsync<ConnectionException>(() => rest.InTime());
        Assert.Equal(EndReason.Reset, error.Reason);
        Assert.Equal(19, (await pair.Server.Closed.InTime()).BytesReceived);
    }

    [Claim]
    public async Task Bytes_that_the_reader_has_not_seen_yet_survive_the_reset_behind_them(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("before the reset");
        var read = await pair.Server.SeeAsync(16);
        pair.Server.Input.AdvanceTo(read.Buffer.Start);            // not examined
        await pair.ResetByClientAsync();
        await Assert.ThrowsAsync<ConnectionException>(() => SendUntilItFailsAsync(pair.Server));
        Assert.Equal(EndReason.Reset, (await pair.Server.Closed.InTime()).Reason);

        await pair.Server.HearAsync("before the reset");
        await Assert.ThrowsAsync<ConnectionException>(() => pair.Server.Input.ReadAsync().AsTask().InTime());
    }

    [Claim]
    public async Task After_a_reset_every_operation_tells_of_it(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var waiting = pair.Server.Input.ReadAsync().AsTask();
        await pair.ResetByClientAsync();
        await Record.ExceptionAsync(() => waiting.InTime());
        await EveryOperationTellsAsync(pair.Server, EndReason.Reset);
        Assert.Equal(EndReason.Reset, (await pair.Server.CloseAsync().InTime()).Reason);       // an answer here, not an exception
    }

    [Claim]
    public async Task After_an_abort_every_operation_tells_of_it(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Client.Abort();
        await EveryOperationTellsAsync(pair.Client, EndReason.Aborted);
        Assert.Equal(EndReason.Aborted, (await pair.Client.CloseAsync().InTime()).Reason);
    }

    [Claim(Races = true)]
    public async Task An_abort_ends_the_read_and_the_flush_that_wait(Transport transport)
    {
        for (var time = 0; time < transport.Times(1); time++)
        {
            await using var pair = await transport.ConnectAsync();
            var reading = pair.Client.Input.ReadAsync().AsTask();
            var flushing = Stall.Send(pair.Client);
            pair.Client.Abort();
            Assert.Equal(EndReason.Aborted, (await Assert.ThrowsAsync<ConnectionException>(() => reading.InTime())).Reason);
            Assert.Equal(EndReason.Aborted, (await Assert.ThrowsAsync<ConnectionException>(() => flushing.InTime())).Reason);
            Assert.Equal(EndReason.Aborted, (await pair.Client.Closed.InTime()).Reason);
        }
    }

    [Claim]
    public async Task An_abort_ends_the_close_and_the_half_close_that_wait(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(time: new FakeTime());
        pair.Client.Output.GetMemory(Stall.Bytes);
        pair.Client.Output.Advance(Stall.Bytes);
        var completing = pair.Client.CompleteOutputAsync().AsTask();
        var closing = pair.Client.CloseAsync();
        Assert.False(closing.IsCompleted);
        pair.Client.Abort();
        Assert.Equal(EndReason.Aborted, (await closing.InTime()).Reason);
        Assert.Equal(EndReason.Aborted, (await Assert.ThrowsAsync<ConnectionException>(() => completing.InTime())).Reason);
    }

    [Claim(Races = true)]
    public async Task Any_number_of_aborts_are_one(Transport transport)
    {
        for (var time = 0; time < transport.Times(1); time++)
        {
            await using var pair = await transport.ConnectAsync();
            await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Beside.Run(pair.Client.Abort))).InTime();
            var end = await pair.Client.Closed.InTime();
            pair.Client.Abort();
            Assert.Same(end, await pair.Client.Closed.InTime());
        }
    }

    [Claim]
    public async Task An_abort_after_the_end_changes_nothing(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var (end, _) = await pair.CloseAsync();
        pair.Client.Abort();
        Assert.Same(end, await pair.Client.CloseAsync().InTime());
        Assert.False(pair.Client.ConnectionClosed.IsCancellationRequested);
    }

    [Claim]
    public async Task Completing_the_output_or_the_input_with_an_exception_aborts(Transport transport)
    {
        foreach (
            var complete in new Action<Connection,
            Exception>[] { (c, error) => c.Output.Complete(error), (c, error) => c.Input.Complete(error) })
        {
            await using var pair = await transport.ConnectAsync();
            var cause = new FormatException("cannot go on");
            complete(pair.Client, cause);
            var end = await pair.Client.Closed.InTime();
            Assert.Equal(EndReason.Aborted, end.Reason);
            Assert.Same(cause, end.Exception);
        }
    }

    private static async Task EveryOperationTellsAsync(Connection connection, EndReason reason)
    {
        var operations = new Func<Task>[]
        {
            () => connection.Input.ReadAsync().AsTask(),
            () => Beside.Run(() => connection.Input.TryRead(out _)),
            () => connection.ReceiveAsync(new byte[1]).AsTask(),
            () => connection.Output.FlushAsync().AsTask(),
            () => connection.Output.WriteAsync(new byte[1]).AsTask(),
            () => connection.SendAsync(new byte[1]).AsTask(),
            () => connection.CompleteOutputAsync().AsTask(),
        };
        foreach (var operation in operations)
        {
            Assert.Equal(reason, (await Assert.ThrowsAsync<ConnectionException>(() => operation().InTime())).Reason);
        }
    }

    private static async Task SendUntilItFailsAsync(Connection connection)
    {
        while (true)
        {
            await connection.SendAsync(new byte[1]).InTime();
            await Task.Yield();
        }
    }
}
