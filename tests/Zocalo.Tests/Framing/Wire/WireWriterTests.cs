using System.Buffers;

namespace Zocalo.Tests.Framing.Wire;

public class WireWriterTests
{
    [Theory]
    [InlineData(0x100_0000u)]
    [InlineData(uint.MaxValue)]
    public void An_unsigned_integer_over_24_bits_is_not_written(uint value)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Throws<ArgumentOutOfRangeException>(nameof(value), () => new WireWriter(output).WriteUInt24BigEndian(value));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(value), () => new WireWriter(output).WriteUInt24LittleEndian(value));
        Assert.Equal(0, output.WrittenCount);
    }

    [Theory]
    [InlineData(0x80_0000)]
    [InlineData(-0x80_0001)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void A_signed_integer_over_24_bits_is_not_written(int value)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Throws<ArgumentOutOfRangeException>(nameof(value), () => new WireWriter(output).WriteInt24BigEndian(value));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(value), () => new WireWriter(output).WriteInt24LittleEndian(value));
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void A_spread_frame_is_written_whole()
    {
        foreach (var frame in Spread.Everywhere([1, 2, 3, 4, 5]))
        {
            var output = new ArrayBufferWriter<byte>();
            new WireWriter(output).WriteBytes(frame);
            Assert.Equal([1, 2, 3, 4, 5], output.WrittenSpan.ToArray());
        }
    }

    [Fact]
    public void Each_write_is_handed_over_at_once_and_copies_are_the_same_writer()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(output);
        writer.WriteUInt16BigEndian(0x0102);
        Assert.Equal(2, output.WrittenCount);
        output.Write("\u0003"u8);
        var copy = writer;
        copy.WriteByte(4);
        writer.WriteByte(5);
        Assert.Equal([1, 2, 3, 4, 5], output.WrittenSpan.ToArray());
    }

    [Fact]
    public void An_output_is_needed() => Assert.Throws<ArgumentNullException>("output", () => new WireWriter(null!));
}
