using System.Buffers.Binary;

namespace Zocalo.Contract.Claims;

/// <summary>Any number of tasks send at the same time: what dotnet/runtime#44422 was, the bytes of one message in the middle of another's,
/// cannot happen.</summary>
public sealed class MessagesSendingClaims
{
    private const int Tasks = 16;
    private const int Each = 500;
    private const int Head = 4;

    [Claim]
    public Task Messages_of_many_tasks_are_whole_and_each_tasks_in_order(Transport transport) => ManyAsync(transport, new(), new());

    [Claim]
    public Task They_are_when_there_is_room_for_one_at_a_time(Transport transport) =>
        ManyAsync(transport, new() { SendHighWaterMark = 1 }, new() { OutboxCapacity = 1 });

    [Claim]
    public async Task They_are_when_a_reader_sends_too(Transport transport)
    {
        const int Count = 2_000;
        await using var pair = await transport.ConnectAsync();
        var (client, server) = (pair.Client.AsMessages(), pair.Server.AsMessages());
        var echoing = Beside.Run(EchoAsync);
        var pushing = Beside.Run(PushAsync);
        var asking = Beside.Run(AskAsync);
        var (echoes, pushes) = (0, 0);
        while (echoes + pushes < 2 * Count)
        {
            var text = await client.NextAsync();
            Assert.Equal(text?[0] == 'e' ? $"e{echoes++}" : $"p{pushes++}", text);
        }
        await Task.WhenAll(echoing, pushing, asking).InTime();

        async Task EchoAsync()
        {
            for (var left = Count; left > 0;)
            {
                Assert.True(await server.WaitToReadAsync().InTime());
                for (; server.TryRead(out var frame); left--)
                {
                    await server.SendAsync(frame).InTime();
                }
            }
        }

        async Task PushAsync()
        {
            for (var i = 0; i < Count; i++)
            {
                await server.SayAsync($"p{i}");
            }
        }

        async Task AskAsync()
        {
            for (var i = 0; i < Count; i++)
            {
                await client.SayAsync($"e{i}");
            }
        }
    }

    [Claim(Races = true)]
    public async Task A_reader_that_leaves_after_its_reply_leaves_no_reply_behind_200_times(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var server = pair.Server.AsMessages();
        for (var time = 0; time < transport.Times(Thorough.Times(200)); time++)
        {
            // More is at hand when the reply is sent, and the reader does not come back for it before the reply has arrived.
            await pair.Client.SendAsync(Messages.Wire("one", "two")).InTime();
            await pair.DeliveredAsync(pair.Client, pair.Client.Sent());
            await server.HearAsync("one");
            await server.SayAsync("reply");
            Assert.Equal(Messages.Wire("reply"), await pair.Client.TakeAsync(9));
            await server.HearAsync("two");
        }
    }

    private static async Task ManyAsync(Transport transport, ConnectionOptions limits, MessagingOptions options)
    {
        var random = Chance.New();
        var seeds = Enumerable.Range(0, Tasks).Select(_ => random.Next()).ToArray();
        await using var pair = await transport.ConnectAsync(limits);
        var (client, server) = (pair.Client.AsMessages(options), pair.Server.AsMessages());
        var sending = Task.WhenAll(Enumerable.Range(0, Tasks).Select(task => Beside.Run(() => SendAsync(task))));
        var (next, heard) = (new int[Tasks], 0);
        await foreach (var frame in server.ReadAllAsync().InTime())
        {
            var bytes = frame.Span;
            var task = BinaryPrimitives.ReadUInt16BigEndian(bytes);
            Assert.Equal(next[task]++, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
            Assert.Equal(-1, bytes[Head..].IndexOfAnyExcept((byte)(task ^ next[task])));
            if (++heard == Tasks * Each)
            {
                break;
            }
            if (heard % 10 == 0)
            {
                await Task.Yield();     // a slow reader
            }
        }
        await sending.InTime();
        Assert.All(next, count => Assert.Equal(Each, count));

        async Task SendAsync(int task)
        {
            var chance = new Random(seeds[task]);
            for (var i = 0; i < Each; i++)
            {
                var bytes = new byte[Head + (chance.Next(5) == 0 ? chance.Next(70_001) : chance.Next(200))];
                BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)task);
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)i);
                bytes.AsSpan(Head).Fill((byte)(task ^ (i + 1)));
                await client.SendAsync(bytes).InTime();
            }
        }
    }
}
