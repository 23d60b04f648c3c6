using Zocalo.Engines;
using Zocalo.Tests.Connections;

namespace Zocalo.Tests.Messaging;

/// <summary>What is written and what is being sent fill an outbox alike, each byte once.</summary>
public sealed class OutboxCapacityTests
{
    private const int Capacity = 1000;
    private const int FrameLength = 100;

    [Fact]
    public void An_outbox_is_full_at_its_capacity_and_not_before()
    {
        var socket = new ScriptedSocket { OnSend = static _ => IoResult.Pending };
        var connection = socket.Connect(new() { SendHighWaterMark = 1 });
        var framed = connection.AsFramed(Frames.LengthPrefixed(), new() { OutboxCapacity = Capacity });
        var accepted = 0;
        while (framed.TrySend(new byte[FrameLength - 4]))
        {
            accepted += FrameLength;
            Assert.InRange(accepted, 1, Capacity);
        }
        Assert.Equal(Capacity, accepted);
        connection.Abort();
    }
}
