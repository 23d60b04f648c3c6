namespace Zocalo.Contract.Claims;

/// <summary>Whatever races with whatever: every operation ends, with an outcome that is allowed, and so does the connection.</summary>
public sealed class RaceClaims
{
    // No end of these claims is the clock's doing, however slow the machine is.
    private static readonly ConnectionOptions s_patient = new() { CloseTimeout = 4 * Patience.Cap };

    [Claim(Races = true)]
    public Task A_close_may_race_with_reads_and_writes(Transport transport) =>
        RaceAsync(transport, connection => connection.CloseAsync());

    [Claim(Races = true)]
    public Task A_disposal_may_race_with_reads_and_writes(Transport transport) =>
        RaceAsync(transport, connection => connection.DisposeAsync().AsTask());

    [Claim(Races = true)]
    public Task An_abort_may_race_with_reads_and_writes(Transport transport) =>
        RaceAsync(transport, connection =>
        {
            connection.Abort();
            return Task.CompletedTask;
        });

    [Claim(Races = true)]
    public Task A_half_close_may_race_with_reads_and_writes(Transport transport) =>
        RaceAsync(transport, connection => connection.CompleteOutputAsync().AsTask());

    [Claim(Races = true)]
    public async Task An_abort_may_race_with_a_close(Transport transport)
    {
        var chance = Chance.New();
        for (var time = 0; time < transport.Times(Thorough.Times(300)); time++)
        {
            await using var pair = await transport.ConnectAsync(s_patient);
            await pair.Client.SayAsync("something");
            var spin = chance.Next(3000);
            var aborting = Beside.Run(() =>
            {
                Thread.SpinWait(spin);
                pair.Client.Abort();
            });
            var closing = pair.Client.CloseAsync();
            var peer = pair.Server.CloseAsync();
            var end = await closing.InTime();
            await aborting.InTime();
            Assert.True(
                end.Reason is EndReason.Aborted or EndReason.Completed or EndReason.PeerFinished or EndReason.Reset, end.ToString());
            Assert.Same(end, await pair.Client.CloseAsync().InTime());
            await peer.InTime();
        }
    }

    [Claim(Races = true)]
    public async Task Many_closes_aborts_and_half_closes_at_once_give_one_end(Transport transport)
    {
        for (var time = 0; time < transport.Times(Thorough.Times(100)); time++)
        {
            await using var pair = await transport.ConnectAsync(s_patient);
            var closings = Enumerable.Range(0, 8).Select(i => Beside.Run(async () =>
            {
                switch (i % 4)
                {
                    case 0:
                        pair.Client.Output.Complete();
                        break;
                    case 1:
                        pair.Client.Input.Complete();
                        break;
                    case 2 when i > 4:
                        pair.Client.Abort();
                        break;
                }
                return await pair.Client.CloseAsync();
            })).ToArray();
            var ends = await Task.WhenAll(closings).InTime();
            Assert.All(ends, end => Assert.Same(ends[0], end));
        }
    }

    /// <summary>Both ends read and write without pause, with the reads leaving some bytes unconsumed, until the client's end is brought
    /// about from elsewhere.</summary>
    private static async Task RaceAsync(Transport transport, Func<Connection, Task> endAsync)
    {
        var chance = Chance.New();
        for (var time = 0; time < transport.Times(Thorough.Times(300)); time++)
        {
            var (spin, size) = (chance.Next(20_000), chance.Next(1, 20_000));
            await using var pair = await transport.ConnectAsync(s_patient);
            var loops = new[]
            {
                ReadAsync(
                    pair.Client,
                    chance.Next()), ReadAsync(pair.Server, chance.Next()), WriteAsync(pair.Client, size), WriteAsync(pair.Server, size),
            };
            var ending = Beside.Run(async () =>
            {
                Thread.SpinWait(spin);
                await AllowedAsync(() => endAsync(pair.Client));
            });
            await Task.WhenAll(loops[0], loops[2], ending).InTime(wait: "the client's end of the race");
            var closing = pair.Client.CloseAsync();
            await Task.WhenAll(loops).InTime(wait: "the server's end of the race");
            Assert.NotEqual(EndReason.DeadlineExceeded, (await pair.Server.CloseAsync().InTime()).Reason);
            Assert.NotEqual(EndReason.DeadlineExceeded, (await closing.InTime()).Reason);
        }
    }

    private static async Task ReadAsync(Connection connection, int seed)
    {
        await Task.Yield();
        var chance = new Random(seed);
        await AllowedAsync(async () =>
        {
            while (true)
            {
                var read = await connection.Input.ReadAsync();
                var consumed = read.Buffer.GetPosition(chance.NextInt64(read.Buffer.Length + 1));
                connection.Input.AdvanceTo(consumed, read.Buffer.End);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        });
    }

    private static async Task WriteAsync(Connection connection, int size)
    {
        await Task.Yield();
        var bytes = new byte[size];
        await AllowedAsync(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                connection.Output.GetMemory(1);
                connection.Output.Advance(1);
                await connection.Output.FlushAsync();
                await connection.SendAsync(bytes);
            }
            await connection.CompleteOutputAsync();
        });
    }

    /// <summary>These and no others are what an operation may meet when its connection ends under it.</summary>
    private static async Task AllowedAsync(Func<Task> operations)
    {
        try
        {
            await operations();
        }
        catch (Exception error) when (error is ConnectionException or ObjectDisposedException
            || (error is InvalidOperationException && error.Message.Contains("completed", StringComparison.Ordinal)))
        {
        }
    }
}
