namespace Zocalo.Tests.Framing.Formats;

public sealed class ChecksumFormatTests
{
    private static readonly Checksum CrcItu = Checksum.Crc16X25 with { ByteOrder = ByteOrder.BigEndian };

    // A GT06 tracker: 78 78, a length, what follows it, the CRC from the length on, 0D 0A. The length counts up to the CRC; all of it is
    // the inner payload.
    private static readonly FrameFormat Tracker = Frames.LengthPrefixed(
        new LengthField(1) { Offset = 2, Adjustment = 2, BytesToStrip = 0 }, 260).WithChecksum(CrcItu, 2, "\r\n"u8);

    // A login as in the GT06 protocol's manual.
    private static readonly byte[] Login = Convert.FromHexString("78780D01012345678901234500018CDD0D0A");

    [Fact]
    public void A_published_tracker_frame_is_read_and_written()
    {
        var reading = Reading.AtEverySplit(Tracker, [.. Login, .. Login]);
        Assert.Null(reading.Error);
        Assert.Equal(["78780D0101234567890123450001", "78780D0101234567890123450001"], reading.Frames);
        Assert.Equal(Login, Reading.Encode(Tracker, Login[..^4]));
    }

    [Fact]
    public void A_wrong_checksum_is_corrupt_and_says_both_values()
    {
        byte[] stream = [.. Login, .. Login];
        stream[Login.Length + 6] ^= 1;
        Reading.AtEverySplit(Tracker, stream);
        var failure = Reading.Failure(Tracker, stream);
        Assert.Equal((Int128)0x8CDD, failure.Value);
        var expected = CrcItu.Compute(stream.AsSpan(Login.Length + 2, 12));
        Assert.Contains($"0x{expected:X4} expected and found: 0x8CDD", failure.Message, StringComparison.Ordinal);
        Assert.Equal(Login.Length + 14, failure.Offset);
        Assert.Equal(Tracker.Name, failure.Format);
    }

    [Fact]
    public void Another_trailer_is_corrupt()
    {
        var stream = Login.ToArray();
        stream[^1] = 0x0B;
        Assert.StartsWith("ProtocolError", Reading.AtEverySplit(Tracker, stream).Error, StringComparison.Ordinal);
        Assert.Equal(((Int128)0x0B, 17L), (Reading.Failure(Tracker, stream).Value, Reading.Failure(Tracker, stream).Offset));
    }

    [Fact]
    public void Every_bit_of_a_frame_is_covered()
    {
        var format = Frames.Lines().WithChecksum(Checksum.Crc16Modbus);
        var wire = Reading.Encode(format, "hello"u8.ToArray());
        for (var bit = 0; bit < 8 * (wire.Length - 1); bit++)
        {
            var broken = wire.ToArray();
            broken[bit / 8] ^= (byte)(1 << (bit % 8));
            var reading = Reading.Of(format, broken);
            Assert.Empty(reading.Frames);
            Assert.NotNull(reading.Error);
        }
    }

    public static TheoryData<string, FrameFormat> Formats => new()
    {
        { "escapes", Frames.Marked(FrameMarks.Hdlc).WithChecksum(Checksum.Crc16X25) },
        { "JT/T 808", Frames.Marked(FrameMarks.Jt808).WithChecksum(Checksum.Xor8) },
        { "COBS", Frames.Cobs().WithChecksum(Checksum.Crc32) },
        { "length", Frames.LengthPrefixed(2).WithChecksum(Checksum.Sum16) },
        { "a part", Frames.LengthPrefixed(2).WithChecksum(Checksum.Crc32C, 1) },
        { "two", Frames.LengthPrefixed(2).WithChecksum(Checksum.Crc16Arc).WithChecksum(Checksum.Sum8, 1, [0x55]) },
        { "resync inside", Frames.Marked(FrameMarks.Jt808).WithResync([0x7E]).WithChecksum(Checksum.Xor8) },
    };

    [Theory]
    [MemberData(nameof(Formats), DisableDiscoveryEnumeration = true)]
    public void Messages_arrive_as_they_were(string name, FrameFormat format)
    {
        Assert.NotEmpty(name);
        var random = new Random(5346);
        for (var length = 1; length < 40; length++)
        {
            var payload = new byte[length];
            random.NextBytes(payload);
            payload[random.Next(length)] = 0x7E;
            payload[random.Next(length)] = 0;
            Reading.Arrives(format, payload);
        }
    }

    [Fact]
    public void The_limit_leaves_room_for_the_checksum()
    {
        var format = Frames.LengthPrefixed(2, maxFrameLength: 10).WithChecksum(Checksum.Crc32, 1, [1]);
        Assert.Equal((5, 12L), (format.MaxFrameLength, format.MaxWireLength));
        Reading.Arrives(format, [1, 2, 3, 4, 5]);
        Reading.Arrives(format, [1]);
        Reading.Refused(format, [1, 2, 3, 4, 5, 6]);
        Reading.Refused(format, []);
        Assert.Throws<ArgumentException>(() => Frames.LengthPrefixed(2, maxFrameLength: 3).WithChecksum(Checksum.Crc32));
        Assert.Throws<ArgumentOutOfRangeException>("start", () => Frames.Lines().WithChecksum(Checksum.Sum8, -1));
        Assert.Throws<ArgumentNullException>("checksum", () => Frames.Lines().WithChecksum(null!));
    }

    [Fact]
    public void A_frame_too_short_for_its_checksum_is_corrupt()
    {
        var failure = Reading.Failure(Frames.LengthPrefixed(2).WithChecksum(Checksum.Crc32), [0, 3, 1, 2, 3]);
        Assert.Equal((Int128)3, failure.Value);
        Assert.StartsWith(
            "ProtocolError",
            Reading.AtEverySplit(Frames.Lines().WithChecksum(Checksum.Sum8), "\n"u8.ToArray()).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_length_in_the_message_is_filled_in_before_the_checksum_is_computed()
    {
        var login = Login[..^4];
        login[2] = 0;
        Assert.Equal(Login, Reading.Encode(Tracker, login));

        var field = new LengthField(2) { Offset = 1, Adjustment = -3, BytesToStrip = 0 };
        var two = Frames.LengthPrefixed(field).WithChecksum(Checksum.Crc16Modbus, 1, [9]).WithChecksum(Checksum.Sum8);
        var tagged = Frames.Tagged(new Dictionary<byte, FrameFormat> { [7] = Frames.LengthPrefixed(field) }).WithChecksum(Checksum.Xor8);
        var cut = Frames.LengthPrefixed(new LengthField(4, ByteOrder.LittleEndian) { BytesToStrip = 2 }, 300).WithChecksum(Checksum.Crc32);
        Assert.Equal(["7E0009AABB"], Reading.AtEverySplit(two, Reading.Encode(two, [0x7E, 0xFF, 0xFF, 0xAA, 0xBB])).Frames);
        Assert.Equal(["077E0006AABB"], Reading.AtEverySplit(tagged, Reading.Encode(tagged, [7, 0x7E, 0xFF, 0xFF, 0xAA, 0xBB])).Frames);
        Assert.Equal(["0000AABB"], Reading.AtEverySplit(cut, Reading.Encode(cut, [0xFF, 0xFF, 0xAA, 0xBB])).Frames);
    }

    [Fact]
    public void A_message_without_the_whole_length_that_it_begins_with_is_refused_on_both_sides()
    {
        // The length would lie where the checksum does.
        var format = Frames.LengthPrefixed(new LengthField(2) { Offset = 2, BytesToStrip = 0 }).WithChecksum(Checksum.Sum16);
        Assert.Contains("4 bytes of the header", Reading.Refused(format, [1, 0]).Message, StringComparison.Ordinal);
        byte[] stream = [0, 0, 0, 0];       // a length of 0, and the sum of two zeros
        Assert.Equal((Int128)4, Reading.Failure(format, stream).Value);
        Assert.StartsWith("ProtocolError", Reading.AtEverySplit(format, stream).Error, StringComparison.Ordinal);

        var tagged = Frames.Tagged(new Dictionary<byte, FrameFormat> { [0] = Frames.LengthPrefixed(1) }).WithChecksum(Checksum.Xor8);
        Reading.Refused(tagged, []);        // its checksum would be taken for its tag
        Assert.StartsWith("ProtocolError", Reading.AtEverySplit(tagged, [0, 0]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checksum_that_the_format_cannot_carry_is_named_as_the_reason()
    {
        var refused = Reading.Refused(Frames.Lines().WithChecksum(Checksum.Sum8), [0x05, 0x05]);
        Assert.Contains(
            "With its checksum it is one of 3 bytes: A line cannot contain a line end", refused.Message, StringComparison.Ordinal);
        // A CR at the end is carried.
        Reading.Arrives(Frames.Lines().WithChecksum(Checksum.Sum8), [0x06, 0x07]);
    }

    public static TheoryData<string, Func<FrameFormat>> Senseless => new()
    {
        { "a line with a line end", () => Frames.Lines().WithChecksum(Checksum.Sum8, 0, "\r\n"u8) },
        { "a strict line with a CR", () => Frames.Lines(strict: true).WithChecksum(Checksum.Sum8, 0, "\r"u8) },
        { "a delimiter in the trailer", () => Frames.Delimited("--"u8).WithChecksum(Checksum.Sum8, 0, "a--b"u8) },
        { "a delimiter across the trailer's end", () => Frames.Delimited("aba"u8).WithChecksum(Checksum.Sum8, 0, "xab"u8) },
        { "a mark that has no escape", () => Frames.Marked(new FrameMarks(2, 3)).WithChecksum(Checksum.Sum8, 0, [3]) },
        {
            "through a decorator",
            () => Frames.Nul().WithResync("$"u8).WithChecksum(Checksum.Sum8, 0, [7]).WithChecksum(Checksum.Sum8, 0, [0])
        },
        { "through every tag", () => Tagged(Frames.Nul(), Frames.Delimited([0, 1])).WithChecksum(Checksum.Sum8, 0, [0, 1]) },
        { "no room for the header", () => Frames.LengthPrefixed(new LengthField(4) { BytesToStrip = 0 }, 5).WithChecksum(Checksum.Sum16) },
    };

    [Theory]
    [MemberData(nameof(Senseless), DisableDiscoveryEnumeration = true)]
    public void What_could_carry_no_message_is_refused_when_it_is_composed(string what, Func<FrameFormat> compose)
    {
        Assert.NotEmpty(what);
        Assert.Contains("carr", Assert.Throws<ArgumentException>(() => compose()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trailer_that_only_some_tags_cannot_carry_is_not_refused()
    {
        var format = Tagged(Frames.Nul(), Frames.LengthPrefixed(1)).WithChecksum(Checksum.Sum8, 0, [0]);
        Reading.Refused(format, [0, 5]);
        Reading.Arrives(format, [1, 5]);
    }

    private static FrameFormat Tagged(FrameFormat zero, FrameFormat one) =>
        Frames.Tagged(new Dictionary<byte, FrameFormat> { [0] = zero, [1] = one });

    [Fact]
    public void A_stream_that_ends_before_its_first_byte_is_too_short_for_a_checksum() =>
        Assert.StartsWith("ProtocolError", Reading.Of(Frames.UntilClose().WithChecksum(Checksum.Crc32)).Error, StringComparison.Ordinal);

    [Fact]
    public void An_inner_error_keeps_its_words() =>
        Assert.Equal(
            (Int128)2000, Reading.Failure(Frames.LengthPrefixed(2, maxFrameLength: 100).WithChecksum(Checksum.Sum8), [0x07, 0xD0]).Value);
}
