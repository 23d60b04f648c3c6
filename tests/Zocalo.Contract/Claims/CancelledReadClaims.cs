using System.IO.Pipelines;

namespace Zocalo.Contract.Claims;

/// <summary>Cancelling a read cancels the waiting, and loses nothing.</summary>
public sealed class CancelledReadClaims
{
    [Claim]
    public async Task A_token_that_fired_before_a_read_leaves_everything_as_it_was(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("for the next");
        var token = new CancellationToken(canceled: true);
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Server.Input.ReadAsync(token).AsTask().InTime());
        Assert.Equal(token, error.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Server.ReceiveAsync(new byte[5], token).AsTask().InTime());
        await pair.Server.HearAsync("for the next");
    }

    [Claim]
    public async Task A_token_that_fires_during_a_read_ends_it_and_the_next_gets_every_byte(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        using var source = new CancellationTokenSource();
        var reading = pair.Server.Input.ReadAsync(source.Token).AsTask();
        await source.FireAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.InTime());
        Assert.Equal(source.Token, error.CancellationToken);
        await pair.Client.SayAsync("every byte");
        await pair.Server.HearAsync("every byte");
    }

    [Claim]
    public async Task A_token_that_fires_during_ReceiveAsync_ends_it_and_the_next_gets_every_byte(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        using var source = new CancellationTokenSource();
        var receiving = pair.Server.ReceiveAsync(new byte[100], source.Token).AsTask();
        await source.FireAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving.InTime());
        await pair.Client.SayAsync("every byte");
        await pair.Server.HearAsync("every byte");
    }

    [Claim]
    public async Task A_token_that_fires_after_a_read_has_no_effect(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        using var source = new CancellationTokenSource();
        var reading = pair.Server.Input.ReadAsync(source.Token).AsTask();
        await pair.Client.SayAsync("one");
        var read = await reading.InTime();
        await source.FireAsync();
        Assert.Equal("one", read.Buffer.Text());
        pair.Server.Input.AdvanceTo(read.Buffer.End);
        var next = pair.Server.Input.ReadAsync().AsTask();
        Assert.False(next.IsCompleted);
        await pair.Client.SayAsync("two");
        Assert.Equal("two", (await next.InTime()).Buffer.Text());
    }

    [Claim]
    public async Task CancelPendingRead_ends_the_read_that_waits(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var reading = pair.Server.Input.ReadAsync().AsTask();
        pair.Server.Input.CancelPendingRead();
        var read = await reading.InTime();
        Assert.True(read.IsCanceled);
        Assert.False(read.IsCompleted);
        Assert.True(read.Buffer.IsEmpty);
        pair.Server.Input.AdvanceTo(read.Buffer.End);
        await pair.Client.SayAsync("goes on");
        await pair.Server.HearAsync("goes on");
    }

    [Claim]
    public async Task CancelPendingRead_without_a_read_ends_the_next_one(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Server.Input.CancelPendingRead();
        pair.Server.Input.CancelPendingRead();      // not two of them
        var read = await pair.Server.Input.ReadAsync().InTime();
        Assert.True(read.IsCanceled);
        pair.Server.Input.AdvanceTo(read.Buffer.End);
        await pair.Client.SayAsync("goes on");
        await pair.Server.HearAsync("goes on");
    }

    [Claim]
    public async Task CancelPendingRead_gives_what_was_there_too(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("part");
        var read = await pair.Server.SeeAsync(4);
        pair.Server.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        var reading = pair.Server.Input.ReadAsync().AsTask();
        pair.Server.Input.CancelPendingRead();
        read = await reading.InTime();
        Assert.True(read.IsCanceled);
        Assert.Equal("part", read.Buffer.Text());
        pair.Server.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        await pair.Client.SayAsync(" and rest");
        await pair.Server.HearAsync("part and rest");
    }

    [Claim]
    public async Task CancelPendingRead_ends_ReceiveAsync_by_an_exception_and_not_by_a_false_end(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var receiving = pair.Server.ReceiveAsync(new byte[10]).AsTask();
        pair.Server.Input.CancelPendingRead();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving.InTime());
        await pair.Client.SayAsync("goes on");
        await pair.Server.HearAsync("goes on");
    }

    [Claim]
    public Task A_thousand_racing_tokens_lose_no_byte(Transport transport) => RaceAsync(transport, async (input, cancelAsync) =>
    {
        using var source = new CancellationTokenSource();
        var reading = input.ReadAsync(source.Token);
        var cancelling = reading.IsCompleted ? Task.CompletedTask : cancelAsync(source.Cancel);
        try
        {
            return await reading.InTime();
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        finally
        {
            await cancelling.InTime();
        }
    });

    [Claim]
    public Task A_thousand_racing_CancelPendingReads_lose_no_byte(Transport transport) => RaceAsync(transport, async (input, cancelAsync) =>
    {
        var reading = input.ReadAsync();
        var cancelling = reading.IsCompleted ? Task.CompletedTask : cancelAsync(input.CancelPendingRead);
        var read = await reading.InTime();
        await cancelling.InTime();
        return read;
    });

    /// <summary>Each round a read, its cancellation, and in every other round bytes, all at once.</summary>
    private static async Task RaceAsync(Transport transport, Func<PipeReader, Func<Action, Task>, Task<ReadResult?>> readAsync)
    {
        const int Rounds = 2000;
        var chance = Chance.New();
        var bytes = Chance.Bytes(Rounds * 100);
        var received = new List<byte>();
        var sent = 0;
        await using var pair = await transport.ConnectAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var sending = round % 2 == 0 ? Task.CompletedTask : SendAsync(chance.Next(1, 100));
            Take(await readAsync(pair.Server.Input, cancel => Beside.Run(() =>
            {
                Thread.SpinWait(chance.Next(300));
                cancel();
            })));
            await sending.InTime();
        }
        var completing = pair.Client.CompleteOutputAsync().AsTask();
        for (var done = false; !done;)
        {
            var read = await pair.Server.Input.ReadAsync().InTime();
            done = read.IsCompleted;
            Take(read);
        }
        await completing.InTime();
        Assert.Equal(bytes[..sent], received.ToArray());

        void Take(ReadResult? read)
        {
            if (read is { } some)
            {
                foreach (var part in some.Buffer)
                {
                    received.AddRange(part.Span);
                }
                pair.Server.Input.AdvanceTo(some.Buffer.End);
            }
        }

        Task SendAsync(int count)
        {
            var piece = bytes.AsMemory(sent, count);
            sent += count;
            return Beside.Run(() => pair.Client.SendAsync(piece).AsTask().InTime());
        }
    }
}
