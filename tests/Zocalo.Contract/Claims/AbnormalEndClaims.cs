namespace Zocalo.Contract.Claims;

/// <summary>What a peer did to end its connection abnormally stands in the log as it comes, at the level Information: one entry, with
/// reason, address and counts.</summary>
public sealed class AbnormalEndClaims
{
    [Claim]
    public Task A_broken_format(Transport transport) =>
        IsLoggedAsync(transport, EndReason.ProtocolError, "4 in, 0 out", client => client.SendAsync(Messages.Corrupt));

    [Claim]
    public Task A_message_that_was_cut_off(Transport transport) =>
        IsLoggedAsync(transport, EndReason.Truncated, "5 in, 0 out", async client =>
    {
        await client.SendAsync(Messages.Wire("cut").AsMemory(0, 5)).InTime();
        await client.CompleteOutputAsync().InTime();
    });

    [Claim]
    public Task A_limit_that_was_passed(Transport transport) =>
        IsLoggedAsync(transport, EndReason.LimitExceeded, "4096 in, 0 out", client => client.SendAsync(new byte[4096]));

    [Claim]
    public async Task What_ended_in_good_order_is_not(Transport transport)
    {
        var log = new EventLog();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(ServingClaims.EchoAsync, new() { Logger = log });
        var client = (await DrainClaims.TalkingClientsAsync(site, server, 1))[0];
        await client.CloseAsync().InTime();
        await Patience.UntilAsync(() => server.ConnectionCount == 0);
        Assert.DoesNotContain(log.Lines, IsAnEnd);
    }

    private static async Task IsLoggedAsync(Transport transport, EndReason reason, string counts, Func<Connection, ValueTask> actAsync)
    {
        var log = new EventLog();
        long id = 0;
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(
            async (connection, _) =>
            {
                id = connection.Id;
                if (reason == EndReason.LimitExceeded)
                {
                    while (true)
                    {
                        var read = await connection.Input.ReadAsync(CancellationToken.None);
                        connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    }
                }
                await connection.AsMessages().HearAsync(null);
            },
            new()
            {
                Logger = log,
                Connection = Messages.Roomy with { ReceiveLimit = reason == EndReason.LimitExceeded ? 4096 : Messages.Roomy.ReceiveLimit },
            });
        var client = await site.ConnectAsync(server);
        await actAsync(client);
        await Record.ExceptionAsync(() => client.TakeAllAsync());
        await client.CloseAsync().InTime();
        await Patience.UntilAsync(() => server.ConnectionCount == 0 && log.Lines.Any(IsAnEnd));
        Assert.Contains(
            $" with {client.LocalAddress} ended: {reason}, {counts}.", Assert.Single(log.Lines, IsAnEnd), StringComparison.Ordinal);
        Assert.Contains($"Connection {id}", log.Scopes);
    }

    private static bool IsAnEnd(string line) =>
        line.StartsWith("Information", StringComparison.Ordinal) && line.Contains(" ended", StringComparison.Ordinal);
}
