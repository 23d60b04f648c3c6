namespace Zocalo.Contract.Claims;

/// <summary>A token belongs to the one wait that it was given to: when it fires late, it leaves the next wait alone.</summary>
public sealed class LateTokenClaims
{
    [Claim]
    public async Task A_token_that_fires_late_leaves_the_next_read_alone(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        using var source = new CancellationTokenSource();
        var input = pair.Server.Input;
        var first = input.ReadAsync(source.Token).AsTask();
        Assert.False(first.IsCompleted);
        await pair.Client.SayAsync("one");
        input.AdvanceTo((await first.InTime()).Buffer.End);
        var next = input.ReadAsync().AsTask();
        await source.FireAsync();
        Assert.False(next.IsCompleted);
        await pair.Client.SayAsync("two");
        Assert.Equal("two", (await next.InTime()).Buffer.Text());
    }

    [Claim]
    public async Task A_token_that_fires_late_leaves_the_next_receive_alone(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        using var source = new CancellationTokenSource();
        var bytes = new byte[3];
        var first = pair.Server.ReceiveAsync(bytes, source.Token).AsTask();
        Assert.False(first.IsCompleted);
        await pair.Client.SayAsync("one");
        Assert.Equal(3, await first.InTime());
        var next = pair.Server.ReceiveAsync(bytes).AsTask();
        await source.FireAsync();
        Assert.False(next.IsCompleted);
        await pair.Client.SayAsync("two");
        Assert.Equal(3, await next.InTime());
        Assert.Equal("two"u8.ToArray(), bytes);
    }

    [Claim]
    public async Task A_token_that_fires_late_leaves_the_next_send_alone(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        using var source = new CancellationTokenSource();
        var first = Stall.Send(pair.Client, source.Token);
        await pair.Server.TakeAsync(Stall.Bytes);
        await first.InTime();
        var next = Stall.SendAfterReading(pair.Client);
        await source.FireAsync();
        Assert.False(next.IsCompleted);
        await pair.Server.TakeAsync(Stall.BytesAfterReading);
        await next.InTime();
    }

    [Claim]
    public async Task A_token_that_fires_late_leaves_the_next_wait_for_messages_alone(Transport transport)
    {
        foreach (var protocol in Note.WithReplies.Prepend(Note.Plain))
        {
            await using var pair = await transport.ConnectAsync();
            using var source = new CancellationTokenSource();
            var peer = pair.Server.AsFramed(protocol);
            var first = peer.WaitToReadAsync(source.Token).AsTask();
            await pair.Client.SendAsync(Messages.Wire("0 - one")).InTime();
            Assert.True(await first.InTime());
            Assert.True(peer.TryRead(out var note));
            Assert.Equal("one", note.Text);
            var next = peer.WaitToReadAsync().AsTask();
            await source.FireAsync();
            Assert.False(next.IsCompleted);
            await pair.Client.SendAsync(Messages.Wire("0 - two")).InTime();
            Assert.True(await next.InTime());
            Assert.True(peer.TryRead(out note));
            Assert.Equal("two", note.Text);
        }
    }
}
