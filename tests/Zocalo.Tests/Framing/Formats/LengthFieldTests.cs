namespace Zocalo.Tests.Framing.Formats;

/// <summary>The examples are those of Netty's documentation of <c>LengthFieldBasedFrameDecoder</c>: "HELLO, WORLD" is 12 bytes.</summary>
public sealed class LengthFieldTests
{
    private const string Hello = "48454C4C4F2C20574F524C44";

    public static TheoryData<LengthField, string, string> Netty => new()
    {
        { new LengthField(2), "000C" + Hello, Hello },
        { new LengthField(2) { BytesToStrip = 0 }, "000C" + Hello, "000C" + Hello },
        { new LengthField(2) { Adjustment = -2, BytesToStrip = 0 }, "000E" + Hello, "000E" + Hello },
        { new LengthField(3) { Offset = 2, BytesToStrip = 0 }, "CAFE00000C" + Hello, "CAFE00000C" + Hello },
        { new LengthField(3) { Adjustment = 2, BytesToStrip = 0 }, "00000CCAFE" + Hello, "00000CCAFE" + Hello },
        { new LengthField(2) { Offset = 1, Adjustment = 1, BytesToStrip = 3 }, "00000CFE" + Hello, "FE" + Hello },
        { new LengthField(2) { Offset = 1, Adjustment = -3, BytesToStrip = 3 }, "000010FE" + Hello, "FE" + Hello },
        { new LengthField(2, ByteOrder.LittleEndian) { Offset = 1 }, "000C00" + Hello, Hello },
        { new LengthField(4) { BytesToStrip = 2 }, "0000000C" + Hello, "000C" + Hello },        // cuts through the field
        { new LengthField(1) { BytesToStrip = 4 }, "0F000000" + Hello, Hello },                 // and through what it counts
    };

    [Theory]
    [MemberData(nameof(Netty))]
    public void A_frame_is_where_Netty_says(LengthField field, string wire, string payload)
    {
        var format = Frames.LengthPrefixed(field);
        Assert.Equal(wire, Convert.ToHexString(Reading.Encode(format, Convert.FromHexString(payload))));
        Spread.Arrives(format, Convert.FromHexString(payload));
    }

    [Fact]
    public void Stripped_bytes_do_not_decide_anything()
    {
        var format = Frames.LengthPrefixed(new LengthField(2) { Offset = 2 });
        Assert.Equal(["AA", "BB"], Reading.AtEverySplit(format, [1, 2, 0, 1, 0xAA, 3, 4, 0, 1, 0xBB]).Frames);
    }

    [Fact]
    public void The_length_in_a_payload_is_filled_in()
    {
        var format = Frames.LengthPrefixed(new LengthField(2) { Offset = 1, Adjustment = -3, BytesToStrip = 0 });
        Assert.Equal("7E0005AABB", Convert.ToHexString(Reading.Encode(format, [0x7E, 0xFF, 0xFF, 0xAA, 0xBB])));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_length_below_the_header_that_it_counts_is_refused(byte length)
    {
        var format = Frames.LengthPrefixed(new LengthField(2) { Offset = 2, Adjustment = -4 }, 100);
        byte[] stream = [9, 9, 0, 4, 9, 9, 0, length];
        var reading = Reading.AtEverySplit(format, stream);
        Assert.Equal([""], reading.Frames);
        var failure = Reading.Failure(format, stream);
        Assert.Equal((6L, (long?)null, (Int128?)length), (failure.Offset, failure.Limit, failure.Value));
        Assert.Equal(
            $"LengthPrefixed(u16be at 2, adjustment -4): the length is below 4, the least that this header allows: {length} (at byte 6 " +
            "of the stream)",
            failure.Message);
    }

    [Fact]
    public void A_frame_that_ends_inside_what_is_stripped_is_refused()
    {
        var format = Frames.LengthPrefixed(new LengthField(1) { BytesToStrip = 4 });
        Assert.Equal(["", "AA"], Reading.AtEverySplit(format, [3, 0, 0, 0, 4, 0, 0, 0, 0xAA]).Frames);
        Assert.Equal(2, Reading.Failure(format, [2, 0, 0, 0]).Value);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void No_length_of_eight_bytes_wraps_into_a_legal_one(int adjustment)
    {
        foreach (var value
            in new[] { ulong.MaxValue, ulong.MaxValue - 1, 1UL << 63, (1UL << 63) + 5, (1UL << 32) + 2, (1UL << 33) + (1UL << 31) })
        {
            if (adjustment == int.MaxValue)
            {
                Assert.Throws<ArgumentException>(() => Frames.LengthPrefixed(new LengthField(8) { Adjustment = adjustment }));
                continue;
            }
            var format = Frames.LengthPrefixed(new LengthField(8) { Adjustment = adjustment }, 100);
            var bytes = BitConverter.GetBytes(value);
            Array.Reverse(bytes);
            var failure = Reading.Failure(format, bytes);
            Assert.Equal((Int128)value, failure.Value);
            Assert.Equal(100, failure.Limit);
            Assert.Contains($"gives a payload of {(Int128)value + adjustment} bytes", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_is_over_the_limit_counts_as_delivered()
    {
        var format = Frames.LengthPrefixed(new LengthField(1) { Adjustment = -1, BytesToStrip = 0 }, 10);
        Assert.Equal((10, 10), (format.MaxFrameLength, format.MaxWireLength));
        Reading.Arrives(format, [10, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        Assert.Equal((11, 10), (Reading.Failure(format, [11]).Value, Reading.Failure(format, [11]).Limit));
    }

    [Fact]
    public void A_payload_without_its_header_cannot_be_sent()
    {
        var format = Frames.LengthPrefixed(new LengthField(2) { Offset = 2, BytesToStrip = 0 });
        Assert.Contains("at least 4 bytes", Reading.Refused(format, [1, 2, 3]).Message, StringComparison.Ordinal);
        Spread.Refused(format, [1, 2, 3]);
        Reading.Arrives(format, [1, 2, 0, 0]);
    }

    [Fact]
    public void What_is_stripped_follows_the_field_unless_it_is_set()
    {
        var field = new LengthField(2);
        Assert.Equal(2, field.BytesToStrip);
        Assert.Equal(6, (field with { Offset = 2, Width = 4 }).BytesToStrip);
        Assert.Equal(1, (new LengthField(2) { BytesToStrip = 1 } with { Offset = 2 }).BytesToStrip);
        Assert.Throws<ArgumentOutOfRangeException>(() => new LengthField { BytesToStrip = -1 });
    }

    [Theory]
    [InlineData("u32be", 4, ByteOrder.BigEndian, 0, 0, null)]
    [InlineData("u8", 1, ByteOrder.LittleEndian, 0, 0, null)]
    [InlineData("u16le at 2, adjustment -4, strip 0", 2, ByteOrder.LittleEndian, 2, -4, 0)]
    public void It_says_what_it_is(string text, int width, ByteOrder order, int offset, int adjustment, int? strip)
    {
        var field = new LengthField(width, order) { Offset = offset, Adjustment = adjustment };
        field = strip is { } bytes ? field with { BytesToStrip = bytes } : field;
        Assert.Equal(text, field.ToString());
        Assert.Equal($"LengthPrefixed({text})", Frames.LengthPrefixed(field).Name);
    }

    public static TheoryData<LengthField, string> Impossible => new()
    {
        { new LengthField(1) { Adjustment = -256 }, "No value" },
        { new LengthField(2) { Adjustment = int.MinValue }, "No value" },
        { new LengthField(1) { BytesToStrip = 257 }, "No value" },
        { new LengthField(5), "1, 2, 3, 4 or 8" },
        { new LengthField(4, (ByteOrder)2), "big-endian or little-endian" },
        { new LengthField { Offset = -1 }, "non-negative" },
        { new LengthField { Offset = 65532 }, "65531" },
        { new LengthField { Offset = int.MaxValue }, "65531" },
        { new LengthField { BytesToStrip = 65536 }, "65535" },
        { new LengthField { Adjustment = 1000, BytesToStrip = 0 }, "the shortest payload has 1004 bytes" },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void A_field_that_describes_no_frame_is_refused_when_the_format_is_made(LengthField field, string why)
    {
        var refused = Assert.ThrowsAny<ArgumentException>(() => Frames.LengthPrefixed(field, 1000));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_farthest_field_and_the_widest_strip_work()
    {
        var format = Frames.LengthPrefixed(new LengthField(2) { Offset = 65533, BytesToStrip = 65535 });
        var wire = Reading.Encode(format, [1, 2]);
        Assert.Equal(65537, wire.Length);
        Assert.Equal(["0102", "0102"], Reading.Of(format, wire[..65534], [.. wire[65534..], .. wire[..1]], wire[1..]).Frames);
    }
}
