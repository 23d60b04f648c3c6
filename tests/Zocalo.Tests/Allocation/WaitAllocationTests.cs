namespace Zocalo.Tests.Allocation;

/// <summary>What waits in an engine that has a context goes on in one turn, and allocates nothing for it. Counted exactly, on one
/// thread.</summary>
public sealed class WaitAllocationTests
{
    private const int Messages = 1000;
    private const int Length = 100;

    public static TheoryData<string, Func<Connection, Task>> Handlers => new()
    {
        { "ReceiveAsync", async connection => await RepeatAsync(into => connection.ReceiveAsync(into)) },
        { "ReceiveAsync, with no wish to come back", async connection =>
            {
                var into = new byte[Length];
                while (await connection.ReceiveAsync(into).ConfigureAwait(false) == Length)
                {
                }
            }
        },
        { "Stream.ReadAsync", async connection =>
            {
                await using var stream = connection.AsStream();
                await RepeatAsync(into => stream.ReadAsync(into));
            }
        },
        { "SendAsync, which waits for room", async connection =>
            {
                for (var bytes = new byte[Length]; ;)
                {
                    await connection.SendAsync(bytes);
                }
            }
        },
        { "Stream.WriteAsync, which waits for room", async connection =>
            {
                await using var stream = connection.AsStream();
                for (var bytes = new byte[Length]; ;)
                {
                    await stream.WriteAsync(bytes);
                }
            }
        },
    };

    [Theory]
    [MemberData(nameof(Handlers), DisableDiscoveryEnumeration = true)]
    public void A_wait_ends_in_one_turn_and_allocates_nothing(string name, Func<Connection, Task> handler)
    {
        var engine = new OneThread(new() { SendHighWaterMark = 1 });
        var handling = engine.Begin(handler);
        var turns = 0;
        var allocated = Allocated.Least(() => turns = GoOn(engine));
        Assert.False(handling.IsCompleted, $"{name}: {handling.Exception}");
        Assert.Equal((Messages, 0), (turns, allocated));
        engine.Connection.Abort();
    }

    private static int GoOn(OneThread engine)
    {
        var turns = 0;
        for (var i = 0; i < Messages; i++)
        {
            turns += engine.GoOn(Length);
        }
        return turns;
    }

    private static async Task RepeatAsync(Func<Memory<byte>, ValueTask<int>> receiveAsync)
    {
        var into = new byte[Length];
        while (await receiveAsync(into) == Length)
        {
        }
    }
}
