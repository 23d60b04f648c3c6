namespace Zocalo.Contract.Claims;

/// <summary>Bytes are received by copying, and kept without being consumed, within a limit.</summary>
public sealed class ReceivingClaims
{
    [Claim]
    public async Task ReceiveAsync_leaves_for_the_next_call_what_does_not_fit(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("abcde");
        await pair.Client.CompleteOutputAsync().InTime();
        await pair.Server.HearAsync("ab");
        await pair.Server.HearAsync("cde");
        await pair.Server.HearTheEndAsync();
    }

    [Claim]
    public async Task ReceiveAsync_into_nothing_is_refused(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => pair.Server.ReceiveAsync(Memory<byte>.Empty).AsTask().InTime());
    }

    [Claim]
    public async Task CopyToAsync_copies_until_the_peer_finishes(Transport transport)
    {
        var bytes = Chance.Bytes(3_000_000);
        await using var pair = await transport.ConnectAsync();
        using var copy = new MemoryStream();
        var copying = pair.Server.Input.CopyToAsync(copy);
        await pair.Client.SendAsync(bytes).InTime();
        await pair.Client.CompleteOutputAsync().InTime();
        await copying.InTime();
        Assert.Equal(bytes, copy.ToArray());
    }

    [Claim]
    public async Task CopyToAsync_from_input_to_output_is_an_echo(Transport transport)
    {
        var bytes = Chance.Bytes(3_000_000);
        await using var pair = await transport.ConnectAsync();
        var echoing = EchoAsync();
        var hearing = pair.Client.TakeAllAsync();
        await pair.Client.SendAsync(bytes).InTime();
        await pair.Client.CompleteOutputAsync().InTime();
        Assert.Equal(bytes, await hearing);
        await echoing.InTime();

        async Task EchoAsync()
        {
            await pair.Server.Input.CopyToAsync(pair.Server.Output);
            await pair.Server.CompleteOutputAsync();
        }
    }

    [Claim]
    public async Task An_input_that_nobody_consumes_grows_up_to_its_limit_and_then_ends_the_connection(Transport transport)
    {
        const int Limit = 100_000;
        await using var pair = await transport.ConnectAsync(new() { ReceiveLimit = Limit });
        var sending = Record.ExceptionAsync(() => pair.Client.SendAsync(new byte[10 * Limit]).AsTask().InTime());
        var seen = 0L;
        var error = await Assert.ThrowsAsync<ConnectionException>(async () =>
        {
            while (true)
            {
                var read = await pair.Server.Input.ReadAsync().InTime();
                seen = read.Buffer.Length;
                pair.Server.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        });
        Assert.Equal(EndReason.LimitExceeded, error.Reason);
        Assert.InRange(seen, Limit, Limit + (128 * 1024));     // one receive may pass it
        Assert.Contains($"{Limit}", error.Message, StringComparison.Ordinal);
        Assert.Equal(EndReason.LimitExceeded, (await pair.Server.Closed.InTime()).Reason);
        await sending.InTime();
    }

    [Claim]
    public async Task A_message_just_below_the_limit_fits(Transport transport)
    {
        const int Limit = 100_000;
        await using var pair = await transport.ConnectAsync(new() { ReceiveLimit = Limit });
        var sending = pair.Client.SendAsync(new byte[Limit]).AsTask();
        var read = await pair.Server.SeeAsync(Limit);
        Assert.Equal(Limit, read.Buffer.Length);
        pair.Server.Input.AdvanceTo(read.Buffer.End);
        await sending.InTime();
    }
}
