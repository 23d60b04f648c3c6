using Zocalo.Testing.InMemory;

namespace Zocalo.Tests.Testing;

public class WireTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1000)]
    public void Bytes_come_out_in_the_order_in_which_they_went_in_however_the_ring_turns(int window)
    {
        var wire = new Wire(window);
        var random = new Random(20240229);
        byte sent = 0, received = 0;
        for (var round = 0; round < 5000; round++)
        {
            var bytes = new byte[random.Next(0, window + 2)];
            for (var i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (byte)(sent + i);
            }
            var room = window - wire.Queued;
            var taken = wire.Write(bytes);
            Assert.Equal(Math.Min(room, bytes.Length), taken);
            sent += (byte)taken;

            var into = new byte[random.Next(0, window + 2)];
            var queued = wire.Queued;
            var given = wire.Read(into);
            Assert.Equal(Math.Min(queued, into.Length), given);
            foreach (var one in into.AsSpan(0, given))
            {
                Assert.Equal(received++, one);
            }
        }
    }

    [Fact]
    public void A_full_wire_takes_nothing_and_a_discarded_one_is_empty()
    {
        var wire = new Wire(3);
        Assert.Equal(3, wire.Write("abcd"u8));
        Assert.False(wire.HasRoom);
        Assert.Equal(0, wire.Write("d"u8));
        wire.Discard();
        Assert.Equal(0, wire.Queued);
        Assert.True(wire.HasRoom);
        Assert.Equal(0, wire.Read(new byte[9]));
    }
}
