namespace Zocalo.Contract.Claims;

/// <summary>Cancelling a flush cancels the waiting: what was accepted is sent, once.</summary>
public sealed class CancelledWriteClaims
{
    [Claim]
    public async Task A_token_that_fired_before_a_write_sends_nothing(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var token = new CancellationToken(canceled: true);
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => pair.Client.SendAsync("no"u8.ToArray(), token).AsTask().InTime());
        Assert.Equal(token, error.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => pair.Client.Output.WriteAsync("no"u8.ToArray(), token).AsTask().InTime());
        pair.Client.Write("yes");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Client.Output.FlushAsync(token).AsTask().InTime());
        Assert.Equal(3, pair.Client.Output.UnflushedBytes);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Client.CompleteOutputAsync(token).AsTask().InTime());
        await pair.Client.SayAsync(" and on");
        await pair.Server.HearAsync("yes and on");
    }

    [Claim]
    public async Task A_token_that_fires_during_a_send_ends_the_waiting_and_the_bytes_arrive_once(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        using var source = new CancellationTokenSource();
        var sending = Stall.Send(pair.Client, source.Token);
        await source.FireAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.InTime());
        Assert.Equal(source.Token, error.CancellationToken);
        var finishing = pair.Client.CompleteOutputAsync().AsTask();
        Assert.Equal(Stall.Bytes, (await pair.Server.TakeAllAsync()).Length);
        await finishing.InTime();
    }

    [Claim]
    public async Task A_token_that_fires_after_a_send_has_no_effect(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        using var source = new CancellationTokenSource();
        var sending = Stall.Send(pair.Client, source.Token);
        await pair.Server.TakeAsync(Stall.Bytes);
        await sending.InTime();
        await source.FireAsync();
        await pair.Client.SayAsync("and on");
        await pair.Server.HearAsync("and on");
    }

    [Claim]
    public async Task CancelPendingFlush_ends_the_flush_that_waits_and_the_bytes_arrive_once(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Client.Output.GetMemory(Stall.Bytes);
        pair.Client.Output.Advance(Stall.Bytes);
        var flushing = pair.Client.Output.FlushAsync().AsTask();
        pair.Client.Output.CancelPendingFlush();
        Assert.True((await flushing.InTime()).IsCanceled);
        var finishing = pair.Client.CompleteOutputAsync().AsTask();
        Assert.Equal(Stall.Bytes, (await pair.Server.TakeAllAsync()).Length);
        await finishing.InTime();
    }

    [Claim]
    public async Task CancelPendingFlush_without_a_flush_marks_the_next_one(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Client.Output.CancelPendingFlush();
        Assert.True((await pair.Client.Output.WriteAsync("a"u8.ToArray()).InTime()).IsCanceled);
        Assert.False((await pair.Client.Output.WriteAsync("b"u8.ToArray()).InTime()).IsCanceled);
        await pair.Server.HearAsync("ab");          // accepted is accepted
    }

    [Claim]
    public async Task A_token_that_fires_during_CompleteOutputAsync_ends_the_waiting_and_the_FIN_goes(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        using var source = new CancellationTokenSource();
        pair.Client.Output.GetMemory(Stall.Bytes);
        pair.Client.Output.Advance(Stall.Bytes);
        var completing = pair.Client.CompleteOutputAsync(source.Token).AsTask();
        await source.FireAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completing.InTime());
        Assert.Equal(Stall.Bytes, (await pair.Server.TakeAllAsync()).Length);
    }

    [Claim]
    public async Task A_thousand_racing_cancellations_of_sends_lose_and_repeat_no_byte(Transport transport)
    {
        var rounds = Thorough.IsOn ? 1000 : 250;
        const int Piece = 16_000;
        var chance = Chance.New();
        var bytes = Chance.Bytes(rounds * Piece);
        using var mayRead = new SemaphoreSlim(0);
        await using var pair = await transport.ConnectAsync(new() { SendHighWaterMark = Piece });
        var hearing = HearAsync();
        for (var round = 0; round < rounds; round++)
        {
            using var source = new CancellationTokenSource();
            var spin = chance.Next(2000);
            var sending = pair.Client.SendAsync(bytes.AsMemory(round * Piece, Piece), source.Token);
            if (!sending.IsCompleted)
            {
                mayRead.Release();      // the kernels are full: now reading, sending on and cancelling race
            }
            var cancelling = Beside.Run(() =>
            {
                Thread.SpinWait(spin);
                source.Cancel();
            });
            try
            {
                await sending.InTime();
            }
            catch (OperationCanceledException)
            {
            }
            await cancelling.InTime();
        }
        mayRead.Release(rounds);
        await pair.Client.CompleteOutputAsync().InTime();
        Assert.Equal(bytes, await hearing.InTime());

        async Task<byte[]> HearAsync()
        {
            var heard = new MemoryStream();
            for (var round = 0; round < rounds; round++)
            {
                await mayRead.WaitAsync().InTime();
                heard.Write(await pair.Server.TakeAsync(Piece));
            }
            await pair.Server.HearTheEndAsync();
            return heard.ToArray();
        }
    }
}
