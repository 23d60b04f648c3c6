namespace Zocalo.Contract.Claims;

/// <summary>
/// A message longer than any buffer's limit arrives if its format allows it: what mgravell/Pipelines.Sockets.Unofficial#40 was, a frame
/// above the pause threshold for which reader and writer wait for ever. And the one message that the connection's end ends.
/// </summary>
public sealed class MessagesLongClaims
{
    [Claim]
    public Task A_message_of_3_MiB_arrives_under_the_default_limits(Transport transport) => EchoAsync(transport, 3 << 20);

    [Claim]
    public Task A_message_of_20_MiB_arrives_under_the_default_limits(Transport transport) => EchoAsync(transport, 20 << 20);

    [Claim]
    public async Task Many_long_messages_pass_both_ways_at_once(Transport transport)
    {
        const int Count = 5;
        var payload = Chance.Bytes(3 << 20);
        await using var site = transport.NewSite();
        await using var server = await EchoServerAsync(site, 3 << 20);
        await using var client = await ConnectAsync(site, server, 3 << 20);
        var sending = SendAsync();
        for (var i = 0; i < Count; i++)
        {
            Assert.True(await client.WaitToReadAsync().InTime());
            Assert.True(client.TryRead(out var frame));
            Assert.Equal(payload, frame.ToArray());
        }
        await sending;

        async Task SendAsync()
        {
            for (var i = 0; i < Count; i++)
            {
                await client.SendAsync(payload).InTime();
            }
        }
    }

    [Claim]
    public async Task Everything_until_the_end_is_one_message_of_any_length(Transport transport)
    {
        foreach (var length in new[] { 0, 1, 4096, 4097, 70_000, 3_000_000 })
        {
            var payload = Chance.Bytes(length);
            await using var pair = await transport.ConnectAsync(new() { ReceiveLimit = 4 << 20 });
            var reader = pair.Server.AsFramed(Frames.UntilClose(3 << 20));
            var writer = pair.Client.AsFramed(Frames.UntilClose(3 << 20));
            var sending = SendAsync();
            Assert.True(await reader.WaitToReadAsync().InTime());
            Assert.True(reader.TryRead(out var frame));
            Assert.Equal(payload, frame.ToArray());
            await sending;
            Assert.False(await reader.WaitToReadAsync().InTime());
            Assert.False(reader.TryRead(out _));
            var (_, end) = await pair.CloseAsync();
            Assert.Equal(EndReason.PeerFinished, end.Reason);

            async Task SendAsync()
            {
                await writer.SendAsync(payload).InTime();
                await writer.CompleteOutputAsync().InTime();
            }
        }
    }

    [Claim]
    public async Task The_message_that_the_end_ends_is_not_lent_to_others(Transport transport)
    {
        var payload = Chance.Bytes(150_000);
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var pair = await site.PairAsync(listener);
        var other = await site.PairAsync(listener);
        var reader = pair.Server.AsFramed(Frames.UntilClose());
        var waiting = reader.WaitToReadAsync().AsTask();
        await pair.Client.SendAsync(payload).InTime();
        await pair.Client.CompleteOutputAsync().InTime();
        Assert.True(await waiting.InTime());
        var taking = other.Server.TakeAsync(100_000);       // whoever rents memory now must not get the message's
        await other.Client.SendAsync(new byte[100_000]).InTime();
        await taking;
        Assert.True(reader.TryRead(out var frame));
        Assert.Equal(payload, frame.ToArray());
    }

    [Claim]
    public async Task A_message_until_the_end_that_is_too_long_is_refused_before_the_end(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var reader = pair.Server.AsFramed(Frames.UntilClose(10_000));
        await pair.Client.SendAsync(new byte[10_001]).InTime();
        var error = await Assert.ThrowsAsync<FrameException>(() => reader.WaitToReadAsync().InTime().AsTask());
        Assert.Equal((EndReason.ProtocolError, 10_000L), (error.Reason, error.Limit));
    }

    private static async Task EchoAsync(Transport transport, int length)
    {
        var payload = Chance.Bytes(length);
        await using var site = transport.NewSite();
        await using var server = await EchoServerAsync(site, length);
        await using var client = await ConnectAsync(site, server, length);
        await client.SendAsync(payload).InTime();
        Assert.True(await client.WaitToReadAsync().InTime());
        Assert.True(client.TryRead(out var frame));
        Assert.Equal(payload, frame.ToArray());
        await client.CloseAsync().InTime();
    }

    private static Task<SocketServer> EchoServerAsync(Site site, int longest) => SocketServer.StartAsync(
        site.NewAddress(),
        Frames.LengthPrefixed(maxFrameLength: longest),
        async (peer, ct) =>
        {
            await foreach (var frame in peer.ReadAllAsync(ct))
            {
                await peer.SendAsync(frame, ct);
            }
        },
        new() { Engine = site.Engine }).InTime();

    private static Task<FramedConnection<Frame, Frame>> ConnectAsync(Site site, SocketServer server, int longest) =>
        Connector.ConnectAsync(
            server.LocalAddress, Frames.LengthPrefixed(maxFrameLength: longest), new() { Engine = site.Engine }).InTime();
}
