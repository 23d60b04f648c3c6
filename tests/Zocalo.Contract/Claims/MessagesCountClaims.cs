namespace Zocalo.Contract.Claims;

/// <summary>A loop over messages moves on by one at each turn, whether or not anybody looks at the message.</summary>
public sealed class MessagesCountClaims
{
    private const int Count = 5;

    [Claim]
    public Task Messages_that_come_one_by_one_and_that_nobody_looks_at_count_once(Transport transport) =>
        CountAsync(transport, together: false);

    [Claim]
    public Task Messages_that_come_together_and_that_nobody_looks_at_count_once(Transport transport) =>
        CountAsync(transport, together: true);

    [Claim]
    public async Task A_message_that_nobody_looked_at_is_passed_and_the_next_one_is_not(Transport transport)
    {
        foreach (var protocol in Note.WithReplies.Prepend(Note.Plain))
        {
            await using var pair = await transport.ConnectAsync();
            await using var loop = pair.Server.AsFramed(protocol).ReadAllAsync().GetAsyncEnumerator();
            for (var turn = 0; turn < Count; turn++)
            {
                var moving = loop.MoveNextAsync().AsTask();
                Assert.False(moving.IsCompleted);
                await pair.Client.SendAsync(Messages.Wire($"{turn} - text")).InTime();
                Assert.True(await moving.InTime());
                if (turn % 2 != 0)
                {
                    Assert.Equal(turn, loop.Current.Id);
                    Assert.Equal(turn, loop.Current.Id);
                }
            }
        }
    }

    private static async Task CountAsync(Transport transport, bool together)
    {
        foreach (var protocol in Note.WithReplies.Prepend(Note.Plain))
        {
            await using var pair = await transport.ConnectAsync();
            var counting = pair.Server.AsFramed(protocol).ReadAllAsync().CountAsync().AsTask();
            var wires = Enumerable.Range(0, Count).Select(i => Messages.Wire($"{i} - text"));
            foreach (var wire in together ? [[.. wires.SelectMany(wire => wire)]] : wires)
            {
                await pair.Client.SendAsync(wire).InTime();
                await pair.DeliveredAsync(pair.Client, pair.Client.Sent());
            }
            await pair.Client.CompleteOutputAsync().InTime();
            Assert.Equal(Count, await counting.InTime());
        }
    }
}
