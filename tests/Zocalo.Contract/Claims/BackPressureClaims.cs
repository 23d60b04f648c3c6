namespace Zocalo.Contract.Claims;

/// <summary>A peer that does not read makes us wait, and nobody's memory grows.</summary>
public sealed class BackPressureClaims
{
    private const int Mark = 64 * 1024;
    private const int Piece = 10_000;

    [Claim]
    public async Task A_flush_below_the_mark_ends_at_once_though_nobody_reads(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(new() { SendHighWaterMark = Mark });
        for (var sent = 0; sent + 1000 < Mark; sent += 1000)
        {
            Assert.True(pair.Client.SendAsync(new byte[1000]).IsCompletedSuccessfully);
        }
        pair.Client.Abort();
    }

    [Claim]
    public async Task A_flush_waits_while_the_peer_does_not_read_and_goes_on_when_it_does(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(new() { SendHighWaterMark = Mark });
        var (waiting, accepted) = SendUntilOneWaits(pair.Client);
        await pair.Server.TakeAsync(accepted);
        await waiting.InTime();
        await pair.Client.SayAsync("and on");
        await pair.Server.HearAsync("and on");
    }

    [Claim]
    public async Task A_waiting_sender_holds_no_more_than_the_mark_and_one_write(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(new() { SendHighWaterMark = Mark });
        var (waiting, accepted) = SendUntilOneWaits(pair.Client);
        pair.Client.Abort();
        await Record.ExceptionAsync(() => waiting.InTime());
        Assert.InRange(accepted - (await pair.Client.Closed.InTime()).BytesSent, 0, Mark + Piece);
    }

    [Claim]
    public async Task A_large_mark_lets_as_much_wait_as_it_says(Transport transport)
    {
        var large = Stall.Bytes;
        await using var pair = await transport.ConnectAsync(new() { SendHighWaterMark = large });
        Assert.True(pair.Client.SendAsync(new byte[large - 1]).IsCompletedSuccessfully);
        pair.Client.Abort();
    }

    [Claim]
    public async Task Nothing_is_received_until_somebody_reads(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var (waiting, _) = SendUntilOneWaits(pair.Client);
        pair.Server.Abort();
        Assert.Equal(0, (await pair.Server.Closed.InTime()).BytesReceived);
        await Record.ExceptionAsync(() => waiting.InTime());
    }

    [Claim]
    public async Task No_more_is_received_than_was_read(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var (waiting, _) = SendUntilOneWaits(pair.Client);
        var read = await pair.Server.Input.ReadAsync().InTime();
        pair.Server.Input.AdvanceTo(read.Buffer.End);
        pair.Server.Abort();
        Assert.Equal(read.Buffer.Length, (await pair.Server.Closed.InTime()).BytesReceived);
        await Record.ExceptionAsync(() => waiting.InTime());
    }

    [Claim]
    public async Task Each_direction_waits_for_itself_alone(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var (waiting, accepted) = SendUntilOneWaits(pair.Client);
        for (var round = 0; round < 100; round++)
        {
            await pair.Server.SayAsync("the other way is free");
            await pair.Client.HearAsync("the other way is free");
        }
        await pair.Server.TakeAsync(accepted);
        await waiting.InTime();
    }

    [Claim]
    public async Task Two_peers_that_both_only_write_get_through_when_both_read(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var (clientWaits, clientSent) = SendUntilOneWaits(pair.Client);
        var (serverWaits, serverSent) = SendUntilOneWaits(pair.Server);
        await Task.WhenAll(pair.Client.TakeAsync(serverSent), pair.Server.TakeAsync(clientSent)).InTime();
        await Task.WhenAll(clientWaits, serverWaits).InTime();
    }

    /// <summary>Sends until the kernels are full and a send has to wait. It may yet end by itself, when a kernel finds room.</summary>
    /// <returns>That send, and how many bytes were accepted, its own included.</returns>
    private static (Task Waiting, int Accepted) SendUntilOneWaits(Connection connection)
    {
        for (var accepted = Piece; accepted < Stall.Bytes; accepted += Piece)
        {
            var sending = connection.SendAsync(new byte[Piece]);
            if (!sending.IsCompleted)
            {
                return (sending.AsTask(), accepted);
            }
            sending.GetAwaiter().GetResult();
        }
        Assert.Fail($"{connection} took {Stall.Bytes} bytes, though nobody read one of them");
        return default;
    }
}
