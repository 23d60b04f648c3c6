namespace Zocalo.Contract.Claims;

/// <summary>
/// Data and FIN that arrive together are one event to a readiness engine, and forgetting so loses the FIN once in a hundred times: hence
/// many times. Runs alone.
/// </summary>
[Collection(nameof(RunsAlone))]
public sealed class DataAndFinClaims
{
    private const int Side = 8;        // connections at once

    [Claim(Races = true)]
    public Task Data_and_FIN_together_are_both_seen_10_000_times(Transport transport) =>
        ManyTimesAsync(transport, Thorough.Times(10_000), async (client, server, time) =>
        {
            // By turns: both are there before the read, the read waits for them, or nobody knows.
            var hearing = time % 3 == 1 ? server.TakeAllAsync() : null;
            await client.SendAsync(Bytes(time)).InTime();
            var finishing = client.CompleteOutputAsync();
            if (time % 3 == 0)
            {
                await finishing.InTime();
            }
            Assert.Equal(Bytes(time), await (hearing ?? server.TakeAllAsync()));
            await finishing.InTime();
            // Only the direction ended: the other still carries an answer.
            await server.SendAsync(Bytes(time + 1)).InTime();
            await server.CompleteOutputAsync().InTime();
            Assert.Equal(Bytes(time + 1), await client.TakeAllAsync());
        });

    [Claim(Races = true)]
    public Task Data_and_FIN_of_a_peer_that_closes_at_once_are_both_seen_2_000_times(Transport transport) =>
        ManyTimesAsync(transport, Thorough.Times(2_000), async (client, server, time) =>
        {
            var hearing = time % 2 == 1 ? server.TakeAllAsync() : null;
            await client.SendAsync(Bytes(time)).InTime();
            var closing = client.CloseAsync();
            Assert.Equal(Bytes(time), await (hearing ?? server.TakeAllAsync()));
            Assert.Equal(EndReason.PeerFinished, (await server.CloseAsync().InTime()).Reason);
            Assert.Equal(EndReason.Completed, (await closing.InTime()).Reason);
        });

    private static async Task ManyTimesAsync(Transport transport, int times, Func<Connection, Connection, int, Task> once)
    {
        times = transport.Times(times);
        await Task.WhenAll(Enumerable.Range(0, Side).Select(async side =>
        {
            await using var site = transport.NewSite();
            var listener = await site.ListenAsync();
            for (var time = side; time < times; time += Side)
            {
                var (client, server) = await site.PairAsync(listener);
                await once(client, server, time);
                await Task.WhenAll(client.CloseAsync(), server.CloseAsync()).InTime();
            }
        }));
    }

    private static byte[] Bytes(int time) => Chance.Bytes(1 + (time % 200), seed: time);
}
