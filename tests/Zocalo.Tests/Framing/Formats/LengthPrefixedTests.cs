using System.Buffers;
using System.Buffers.Binary;

namespace Zocalo.Tests.Framing.Formats;

public sealed class LengthPrefixedTests
{
    [Theory]
    [InlineData(1, ByteOrder.BigEndian, "03")]
    [InlineData(1, ByteOrder.LittleEndian, "03")]
    [InlineData(2, ByteOrder.BigEndian, "0003")]
    [InlineData(2, ByteOrder.LittleEndian, "0300")]
    [InlineData(3, ByteOrder.BigEndian, "000003")]
    [InlineData(3, ByteOrder.LittleEndian, "030000")]
    [InlineData(4, ByteOrder.BigEndian, "00000003")]
    [InlineData(4, ByteOrder.LittleEndian, "03000000")]
    [InlineData(8, ByteOrder.BigEndian, "0000000000000003")]
    [InlineData(8, ByteOrder.LittleEndian, "0300000000000000")]
    public void The_length_goes_first_in_its_width_and_order(int width, ByteOrder order, string length)
    {
        var format = Frames.LengthPrefixed(width, order);
        Assert.Equal(length + "616263", Convert.ToHexString(Reading.Encode(format, "abc"u8.ToArray())));
        Spread.Arrives(format, "abc"u8.ToArray());
        Spread.Arrives(format, []);
        Reading.Arrives(format, new byte[200]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(8)]
    public void Every_byte_of_a_length_counts(int width)
    {
        foreach (var order in Enum.GetValues<ByteOrder>())
        {
            var format = Frames.LengthPrefixed(width, order, FrameFormat.GreatestMaxFrameLength);
            for (var length = 1; length <= Math.Min(format.MaxFrameLength, 0x030201); length = (length << 8) | (length & 0xFF) + 1)
            {
                var payload = new byte[length];
                payload[0] = payload[^1] = 7;
                var into = new ArrayBufferWriter<byte>();
                format.Encode(payload, into);
                var reader = new FrameReader(format);
                reader.Begin(new ReadOnlySequence<byte>(into.WrittenMemory));
                Assert.True(reader.TryRead(out var frame));
                Assert.True(frame.Span.SequenceEqual(payload));
                Assert.Equal(0, reader.Leftover);
            }
        }
    }

    public static TheoryData<int, ByteOrder, ulong> Refused => new()
    {
        { 1, ByteOrder.BigEndian, 101 },
        { 1, ByteOrder.BigEndian, byte.MaxValue },
        { 2, ByteOrder.BigEndian, 0x8000 },             // a signed 16-bit length (SuperSocket's sample) would be negative
        { 2, ByteOrder.LittleEndian, ushort.MaxValue },
        { 3, ByteOrder.BigEndian, 0x800000 },
        { 3, ByteOrder.LittleEndian, 0xFFFFFF },
        { 4, ByteOrder.BigEndian, int.MaxValue },
        { 4, ByteOrder.LittleEndian, 1UL << 31 },
        { 4, ByteOrder.BigEndian, uint.MaxValue },      // -1
        { 8, ByteOrder.BigEndian, (1UL << 32) + 5 },    // 5, if only half of it is read
        { 8, ByteOrder.LittleEndian, 1UL << 63 },
        { 8, ByteOrder.BigEndian, ulong.MaxValue },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_length_over_the_limit_is_refused_and_told_exactly(int width, ByteOrder order, ulong length)
    {
        var format = Frames.LengthPrefixed(width, order, 100);
        byte[] stream = [.. Reading.Encode(format, [1, 2, 3]), .. Length(width, order, length)];
        var reading = Reading.AtEverySplit(format, stream);
        Assert.Equal(["010203"], reading.Frames);
        var failure = Reading.Failure(format, stream);
        Assert.Equal(
            (format.Name, width + 3L, (long?)100, (Int128?)length, EndReason.ProtocolError),
            (failure.Format, failure.Offset, failure.Limit, failure.Value, failure.Reason));
        Assert.Contains($"the length is over the limit: {length}, at most 100", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_limit_itself_arrives()
    {
        var format = Frames.LengthPrefixed(maxFrameLength: 100);
        Reading.Arrives(format, new byte[100]);
        Assert.Contains("101 bytes is too long", Reading.Refused(format, new byte[101]).Message, StringComparison.Ordinal);
        Spread.Refused(format, new byte[101]);
        Reading.Arrives(Frames.LengthPrefixed(maxFrameLength: 0), []);
    }

    [Fact]
    public void A_narrow_field_is_a_limit_too()
    {
        var format = Frames.LengthPrefixed(1);
        Assert.Equal((255, 256), (format.MaxFrameLength, format.MaxWireLength));
        Assert.Contains("use a wider field", Reading.Refused(format, new byte[256]).Message, StringComparison.Ordinal);
        Spread.Refused(format, new byte[256]);
    }

    [Theory]
    [InlineData(4, "Truncated")]
    [InlineData(6, "Truncated")]
    [InlineData(1, "Truncated")]
    public void A_frame_that_is_cut_off_is_truncated(int bytes, string reason)
    {
        var wire = Reading.Encode(Frames.LengthPrefixed(), "abc"u8.ToArray());
        Assert.StartsWith(reason, Reading.AtEverySplit(Frames.LengthPrefixed(), wire[..bytes]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_messages_are_written_in_pieces()
    {
        var payload = new byte[5000];
        new Random(1).NextBytes(payload);
        foreach (var format in new[]
        {
            Frames.LengthPrefixed(),
            Frames.LengthPrefixed(new LengthField(2) { BytesToStrip = 4 }),
            Frames.Netstrings(),
            Frames.DigitsPrefixed(),
        })
        {
            var whole = Reading.Encode(format, payload);
            var into = new ArrayBufferWriter<byte>();
            format.Encode(Spread.InTwo(payload, 1700), into);
            Assert.Equal(whole, into.WrittenSpan.ToArray());
            Assert.Equal([Convert.ToHexString(payload)], Reading.Of(format, whole[..1], whole[1..900], whole[900..]).Frames);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(-1)]
    public void Other_widths_are_refused(int width) => Assert.Throws<ArgumentOutOfRangeException>(() => Frames.LengthPrefixed(width));

    private static byte[] Length(int width, ByteOrder order, ulong length)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        Array.Resize(ref bytes, width);
        if (order == ByteOrder.BigEndian)
        {
            Array.Reverse(bytes);
        }
        return bytes;
    }
}
