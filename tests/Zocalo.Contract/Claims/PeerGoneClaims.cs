namespace Zocalo.Contract.Claims;

/// <summary>A program that does not read learns all the same that its peer has finished or is gone.</summary>
public sealed class PeerGoneClaims
{
    [Claim]
    public async Task A_FIN_is_told_while_nobody_reads_and_the_bytes_before_it_stay(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var gone = pair.Server.PeerGone;
        await pair.Client.SayAsync("last words");
        await pair.DeliveredAsync(pair.Client, 10);
        Assert.False(gone.IsCancellationRequested);
        await pair.Client.CompleteOutputAsync();
        await FiresAsync(gone);
        Assert.False(pair.Server.ConnectionClosed.IsCancellationRequested, "a peer that has finished may wait for a reply");
        Assert.Equal("last words"u8.ToArray(), await pair.Server.TakeAllAsync());
        await pair.Server.SayAsync("reply");
        await pair.Client.HearAsync("reply");
    }

    [Claim]
    public async Task A_reset_is_told_while_nobody_reads_and_ends_the_connection(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var (gone, broken) = (pair.Server.PeerGone, pair.Server.ConnectionClosed);
        await pair.ResetByClientAsync();
        await FiresAsync(gone);
        await FiresAsync(broken);
        Assert.Equal(EndReason.Reset, (await pair.Server.Closed.InTime()).Reason);
    }

    [Claim]
    public async Task What_came_before_a_reset_that_nobody_read_is_still_read(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("last words");
        await pair.DeliveredAsync(pair.Client, 10);
        var broken = pair.Server.ConnectionClosed;
        _ = pair.Server.PeerGone;
        await pair.ResetByClientAsync();
        await FiresAsync(broken);
        await pair.Server.HearAsync("last words");
    }

    [Claim]
    public async Task The_token_of_a_handler_fires_at_a_reset_though_nobody_asked_for_the_peer(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(null, time);
        var broken = pair.Server.ConnectionClosed;
        await pair.ResetByClientAsync();
        await pair.HungUpAsync(pair.Server);
        time.Advance(TimeSpan.FromSeconds(10));     // one visit
        await FiresAsync(broken);
    }

    [Claim]
    public async Task Asked_afterwards_the_token_has_fired_or_fires_soon(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.CompleteOutputAsync();
        Assert.Empty(await pair.Server.TakeAllAsync());
        Assert.True(pair.Server.PeerGone.IsCancellationRequested);
        var end = pair.Server.CloseAsync();
        await pair.Client.CloseAsync().InTime();
        await end.InTime();
        Assert.True(pair.Server.PeerGone.IsCancellationRequested);
        await FiresAsync(pair.Client.PeerGone);
    }

    [Claim]
    public async Task A_peer_that_left_before_the_question_is_found(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("unread");
        await pair.DeliveredAsync(pair.Client, 6);
        await pair.Client.CompleteOutputAsync();
        await FiresAsync(pair.Server.PeerGone);
        await pair.Server.HearAsync("unread");
    }

    private static Task FiresAsync(CancellationToken token) => Patience.UntilAsync(() => token.IsCancellationRequested);
}
