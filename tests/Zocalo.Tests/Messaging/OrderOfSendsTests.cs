using System.Buffers.Binary;
using Zocalo.Testing;

namespace Zocalo.Tests.Messaging;

/// <summary>Messages go out in the order of the calls, also when some wait for room while others come: the moment in which there is room,
/// and nobody of those who wait has been let in yet, is a matter of the scheduler's order.</summary>
public sealed class OrderOfSendsTests
{
    private const int Messages = 200;
    private const int Burst = 60;       // more than both systems hold: most of these wait

    [Fact]
    public Task A_message_never_overtakes_those_that_wait() => Explore.Seeds(40, async net =>
    {
        var heard = new List<int>();
        await using var server = await SocketServer.StartAsync(
            "tcp://b:7000",
            Frames.LengthPrefixed(),
            async (peer, ct) =>
            {
                await foreach (var frame in peer.ReadAllAsync(ct))
                {
                    heard.Add(BinaryPrimitives.ReadInt32BigEndian(frame.Span));
                }
            },
            new() { Engine = net.Host("b") });
        await using var client = await Connector.ConnectAsync(
            "tcp://b:7000",
            Frames.LengthPrefixed(),
            new()
            {
                Engine = net.Host("b"),     // the same host: all happens in one instant
                Connection = new() { SendHighWaterMark = 1 },
                Messaging = new() { OutboxCapacity = 1 },
            });

        var sends = new List<Task>();
        for (var i = 0; i < Messages; i++)
        {
            var message = new byte[16 * 1024];
            BinaryPrimitives.WriteInt32BigEndian(message, i);
            sends.Add(client.SendAsync(message).AsTask());
            for (var step = i < Burst ? 0 : i % 7; step > 0; step--)
            {
                await Task.Yield();
            }
        }
        await Task.WhenAll(sends);
        await client.CloseAsync();

        Assert.Equal(Enumerable.Range(0, Messages), heard);
    });
}
