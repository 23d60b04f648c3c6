namespace Zocalo.Contract.Claims;

/// <summary>Every end of the reading says how it came, and what came before it is read and answered.</summary>
public sealed class MessagesEndClaims
{
    [Claim]
    public async Task The_end_between_two_messages_is_clean_and_stays(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var reader = pair.Server.AsMessages();
        await pair.Client.SendAsync(Messages.Wire("last")).InTime();
        await pair.Client.CompleteOutputAsync().InTime();
        await reader.HearAsync("last");
        for (var again = 0; again < 3; again++)
        {
            await reader.HearAsync(null);
            Assert.False(reader.TryRead(out _));
        }
        await foreach (var _ in reader.ReadAllAsync().InTime())
        {
            Assert.Fail("nothing comes after the end");
        }
        var (_, end) = await pair.CloseAsync();
        Assert.Equal(EndReason.PeerFinished, end.Reason);
    }

    [Claim]
    public async Task An_end_inside_a_message_is_a_truncation_at_every_byte(Transport transport)
    {
        var wire = Messages.Wire("cut");
        for (var cut = 1; cut < wire.Length; cut++)
        {
            await using var pair = await transport.ConnectAsync();
            var reader = pair.Server.AsMessages();
            await pair.Client.SendAsync(Messages.Wire("whole")).InTime();
            await pair.Client.SendAsync(wire.AsMemory(0, cut)).InTime();
            await pair.Client.CompleteOutputAsync().InTime();
            await reader.HearAsync("whole");
            for (var again = 0; again < 2; again++)
            {
                var error = await Assert.ThrowsAsync<FrameException>(reader.NextAsync);
                Assert.Equal(EndReason.Truncated, error.Reason);
            }
            await reader.SayAsync("a reply all the same");
            var (_, end) = await pair.CloseAsync();
            Assert.Equal(EndReason.Truncated, end.Reason);
            Assert.Equal((DirectionEnd.Finished, DirectionEnd.Finished), (end.Input, end.Output));
        }
    }

    [Claim]
    public async Task A_corrupt_message_comes_after_the_good_ones_before_it(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var reader = pair.Server.AsMessages();
        await pair.Client.SendAsync((byte[])[.. Messages.Wire("good", "better"), .. Messages.Corrupt, .. Messages.Wire("never")]).InTime();
        await reader.HearAsync("good");
        await reader.HearAsync("better");
        for (var again = 0; again < 3; again++)
        {
            var error = await Assert.ThrowsAsync<FrameException>(reader.NextAsync);
            Assert.Equal((EndReason.ProtocolError, Int128.CreateChecked(uint.MaxValue)), (error.Reason, error.Value));
            Assert.Same(error, Assert.Throws<FrameException>(() => reader.TryRead(out _)));
        }
        var (_, end) = await pair.CloseAsync();
        Assert.Equal(EndReason.ProtocolError, end.Reason);
        Assert.IsType<FrameException>(end.Exception);
    }

    [Claim(Races = true)]
    public async Task Replies_to_good_messages_arrive_though_a_corrupt_one_follows_50_times(Transport transport)
    {
        for (var time = 0; time < transport.Times(Thorough.Times(50)); time++)
        {
            var (ended, served) = ServingClaims.EndOf();
            await using var site = transport.NewSite();
            var server = await site.ServeAsync(async (connection, ct) =>
            {
                served(connection);
                var peer = connection.AsMessages();
                await foreach (var frame in peer.ReadAllAsync(ct))
                {
                    await peer.SendAsync(frame, ct);
                }
            });
            var client = await site.ConnectAsync(server);
            await client.SendAsync((byte[])[.. Messages.Wire("one", "two"), .. Messages.Corrupt, .. Chance.Bytes(100_000)]).InTime();
            Assert.Equal(Messages.Wire("one", "two"), await client.TakeAllAsync());      // to a FIN, not to a reset
            Assert.Equal(EndReason.PeerFinished, (await client.CloseAsync().InTime()).Reason);
            Assert.Equal(EndReason.ProtocolError, (await ended.InTime()).Reason);
        }
    }

    [Claim]
    public async Task A_reset_inside_a_message_is_a_reset(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var reader = pair.Server.AsMessages();
        await reader.SayAsync("unread");        // so that a Unix socket tells of the reset
        await pair.DeliveredAsync(pair.Server, pair.Server.Sent());
        await pair.Client.SendAsync(Messages.Wire("whole")).InTime();
        await pair.Client.SendAsync(Messages.Wire("half").AsMemory(0, 6)).InTime();
        await reader.HearAsync("whole");
        var waiting = reader.NextAsync();
        pair.Client.Abort();
        Assert.Equal(EndReason.Reset, (await Assert.ThrowsAsync<ConnectionException>(() => waiting)).Reason);
        Assert.Equal(EndReason.Reset, (await Assert.ThrowsAsync<ConnectionException>(reader.NextAsync)).Reason);
        Assert.Equal(EndReason.Reset, (await reader.CloseAsync().InTime()).Reason);
    }

    [Claim]
    public async Task Closing_and_aborting_end_a_wait(Transport transport)
    {
        await using (var pair = await transport.ConnectAsync())
        {
            var reader = pair.Server.AsMessages();
            var waiting = reader.NextAsync();
            var closing = reader.CloseAsync();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
            await pair.CloseAsync();
            await closing.InTime();
        }
        await using (var pair = await transport.ConnectAsync())
        {
            var reader = pair.Server.AsMessages();
            var waiting = reader.NextAsync();
            reader.Abort();
            Assert.Equal(EndReason.Aborted, (await Assert.ThrowsAsync<ConnectionException>(() => waiting)).Reason);
        }
    }
}
