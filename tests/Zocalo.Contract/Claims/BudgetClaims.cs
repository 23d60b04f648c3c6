namespace Zocalo.Contract.Claims;

/// <summary>Peers that make a server hold much: it ends them, and nobody else.</summary>
public sealed class BudgetClaims
{
    private const int Greedy = 20;
    private const int Mebibyte = 1024 * 1024;

    [Claim]
    public async Task Peers_that_send_and_are_not_read_end_and_honest_ones_are_served(Transport transport)
    {
        var budget = new BufferBudget(2 * Mebibyte);
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(CollectOrEchoAsync, new() { Connection = new() { BufferBudget = budget } });
        var honest = await AdmissionClaims.ServedClientAsync(site, server.LocalAddress);
        var sending = new List<Task>();
        for (var i = 0; i < Greedy; i++)
        {
            var peer = await site.ConnectAsync(server);
            sending.Add(SendAsync(peer));
            await honest.SayAsync("still here");
            await honest.HearAsync("still here");
        }
        await Patience.UntilAsync(() => budget.EndedCount > 0);
        await honest.SayAsync("still here");
        await honest.HearAsync("still here");
        await Task.WhenAll(sending).InTime();
        await Patience.UntilAsync(() => budget.EndedCount + server.ConnectionCount == Greedy + 1);
        await Patience.UntilAsync(() => budget.Held <= budget.Limit);       // one that has just been ended may hold it a little longer
        Assert.InRange(budget.EndedCount, Greedy - 4, Greedy);
    }

    [Claim]
    public async Task Peers_that_do_not_read_what_they_are_sent_end_and_honest_ones_are_served(Transport transport)
    {
        var budget = new BufferBudget(Mebibyte);
        var options = new ConnectionOptions { BufferBudget = budget, SendHighWaterMark = Mebibyte };
        var started = 0;
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(
            async (connection, _) =>
            {
                var kind = (await connection.TakeAsync(1))[0];
                Interlocked.Increment(ref started);
                if (kind == 'e')
                {
                    await connection.SayAsync("e");
                    await AdmissionClaims.EchoAsync(connection, CancellationToken.None);
                    return;
                }
                while (true)
                {
                    await connection.SendAsync(new byte[100_000]);
                }
            },
            new() { Connection = options });
        var honest = await site.ConnectAsync(server);
        await honest.SayAsync("e");
        await honest.HearAsync("e");
        for (var i = 0; i < 4; i++)
        {
            await (await site.ConnectAsync(server)).SayAsync("s");
        }
        await Patience.UntilAsync(() => started == 5 && budget.EndedCount >= 3);
        await honest.SayAsync("still here");
        await honest.HearAsync("still here");
        await Patience.UntilAsync(() => budget.Held <= budget.Limit);
        await server.StopAsync(new CancellationToken(canceled: true)).InTime();
        Assert.Equal(0, budget.Held);
    }

    private static async Task SendAsync(Connection peer)
    {
        try
        {
            await peer.SayAsync("c");
            await peer.SendAsync(new byte[Mebibyte]).InTime();
        }
        catch (ConnectionException)
        {
            // It was one of those that had to end.
        }
    }

    /// <summary>'c': keeps everything until the end, like a handler that waits for a whole message. Otherwise an echo.</summary>
    private static async Task CollectOrEchoAsync(Connection connection, CancellationToken cancellationToken)
    {
        var read = await connection.SeeAsync(1);
        if (read.Buffer.FirstSpan[0] != 'c')
        {
            connection.Input.AdvanceTo(read.Buffer.Start);
            await AdmissionClaims.EchoAsync(connection, cancellationToken);
            return;
        }
        while (!read.IsCompleted)
        {
            connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await connection.Input.ReadAsync(cancellationToken);
        }
        connection.Input.AdvanceTo(read.Buffer.End);
    }
}
