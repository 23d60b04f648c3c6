using System.Buffers;
using Zocalo.Tests.Allocation;

namespace Zocalo.Tests.Framing.Formats;

public sealed class TaggedTests
{
    private static readonly FrameFormat Format = Frames.Tagged(new Dictionary<byte, FrameFormat>
    {
        [1] = Frames.Fixed(2),
        [2] = Frames.LengthPrefixed(2, maxFrameLength: 100),
        [3] = Frames.Delimited("\n"u8, 100),
        [4] = Frames.Netstrings(100),
        [5] = Frames.Slip(100),
        [6] = Frames.Cobs(100),
        [7] = Frames.Lines().WithChecksum(Checksum.Crc16Modbus),
        [8] = Frames.Tagged(new Dictionary<byte, int> { [9] = 3 }),
        [9] = Frames.Tagged(new Dictionary<byte, FrameFormat> { [1] = Frames.Fixed(2), [2] = Frames.LengthPrefixed(1) }),
        [10] = Frames.UntilClose(100),
    });

    public static TheoryData<string> Messages => new(
        "01AABB", "02", "02AABBCC", "03", "03AABB", "04", "04AA", "05AAC0DB", "0600AA00", "07AABB", "08090102", "0901AABB", "0902",
        "0902AABBCC");

    [Theory]
    [MemberData(nameof(Messages))]
    public void The_tag_decides_which_format_reads_the_rest(string message)
    {
        var payload = Convert.FromHexString(message);
        Spread.Arrives(Format, payload);
        var alone = Reading.Encode(Format, payload);
        byte[] stream = [.. Reading.Encode(Format, [1, 7, 7]), .. alone, .. Reading.Encode(Format, [2, 8])];
        Assert.Equal(["010707", message, "0208"], Reading.AtEverySplit(Format, stream).Frames);
    }

    [Theory]
    [InlineData("01AABB", true)]
    [InlineData("03AABB", true)]
    [InlineData("0901AABB", true)]
    [InlineData("02AABB", false)]
    public void Where_nothing_lies_behind_the_tag_the_payload_is_not_copied(string message, bool inPlace)
    {
        var wire = Reading.Encode(Format, Convert.FromHexString(message));
        var reader = new FrameReader(Format);
        reader.Begin(new ReadOnlySequence<byte>(wire));
        Assert.True(reader.TryRead(out var frame));
        Assert.Equal(message, Convert.ToHexString(frame.ToArray()));
        wire[^2] ^= 0xFF;
        Assert.Equal(!inPlace, message == Convert.ToHexString(frame.ToArray()));
    }

    [Theory]
    [InlineData("0A", "0A")]
    [InlineData("0A616263", "0A616263")]
    public void The_end_of_the_stream_ends_what_it_ends_in_the_format_of_the_tag(string stream, string payload)
    {
        var reading = Reading.AtEverySplit(Format, Convert.FromHexString(stream));
        Assert.Equal([payload], reading.Frames);
        Assert.Null(reading.Error);
        Assert.Equal(stream, Convert.ToHexString(Reading.Encode(Format, Convert.FromHexString(payload))));
    }

    [Theory]
    [InlineData("01")]
    [InlineData("01AA")]
    [InlineData("0200")]
    [InlineData("03AA")]
    [InlineData("09")]
    [InlineData("0902")]
    public void A_cut_frame_is_truncated(string stream) =>
        Assert.StartsWith("Truncated", Reading.AtEverySplit(Format, Convert.FromHexString(stream)).Error, StringComparison.Ordinal);

    [Fact]
    public void Filler_behind_a_tag_is_left_out()
    {
        // Tag, three ENDs (two empty frames), a frame; then the next tag.
        var reading = Reading.AtEverySplit(Format, [5, 0xC0, 0xC0, 0xC0, 0xAA, 0xC0, 1, 2, 3]);
        Assert.Equal(["05AA", "010203"], reading.Frames);
        Assert.Equal(0, reading.Skipped);
    }

    [Fact]
    public void Filler_without_end_takes_no_memory()
    {
        var reader = new FrameReader(Format);
        reader.Begin(new ReadOnlySequence<byte>([5, .. Enumerable.Repeat((byte)0xC0, 10_000)]));
        Assert.False(reader.TryRead(out _));
        Assert.InRange(reader.Leftover, 0, 2);
    }

    [Fact]
    public void A_stream_that_ends_between_a_tag_and_its_message_has_no_clean_end() =>
        Assert.NotNull(Reading.AtEverySplit(Format, [5, 0xC0, 0xC0]).Error);

    [Theory]
    [InlineData("010000" + "42", 3, 0x42, "Tagged: not a known tag: 0x42")]
    [InlineData("010000" + "02FFFF", 4, 65535, "Tagged: LengthPrefixed(u16be): the length is over the limit: 65535, at most 100")]
    [InlineData("010000" + "04303A61", 6, 0x61, "Tagged: Netstring: no comma")]
    [InlineData("010000" + "0842", 4, 0x42, "Tagged: Tagged: not a known tag: 0x42")]
    public void What_the_format_of_the_tag_refuses_is_refused_at_the_same_byte(string stream, int at, int value, string message)
    {
        var bytes = Convert.FromHexString(stream);
        Assert.Equal(["010000"], Reading.AtEverySplit(Format, bytes).Frames);
        var failure = Reading.Failure(Format, bytes);
        Assert.Equal(("Tagged", (long)at, (Int128?)value), (failure.Format, failure.Offset, failure.Value));
        Assert.StartsWith(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_checksum_is_passed_on()
    {
        var wire = Reading.Encode(Format, Convert.FromHexString("07AABB"));
        wire[1] ^= 1;
        Assert.StartsWith("ProtocolError Tagged: Lines", Reading.AtEverySplit(Format, wire).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("42AA")]
    [InlineData("01AA")]
    [InlineData("01AABBCC")]
    [InlineData("03AA0ABB")]
    [InlineData("0901")]
    [InlineData("0942")]
    public void What_cannot_be_sent_leaves_nothing_behind(string payload)
    {
        var bytes = Convert.FromHexString(payload);
        Reading.Refused(Format, bytes);
        Spread.Refused(Format, bytes);
        Reading.Refused(Format, [2, .. new byte[101]]);
        Reading.Arrives(Format, [1, 2, 3]);
    }

    [Fact]
    public void Skipped_bytes_behind_a_tag_are_counted()
    {
        var format = Frames.Tagged(
            new Dictionary<byte,
            FrameFormat> { [1] = Frames.LengthPrefixed(new LengthField(1) { Offset = 1, BytesToStrip = 0 }, 10).WithResync([0x7E]) });
        var reading = Reading.AtEverySplit(format, [1, 0xAA, 0xBB, 0x7E, 1, 0xCC]);
        Assert.Equal(["017E01CC"], reading.Frames);
        Assert.Equal(3, reading.Skipped);       // the tag is lost with them, and remembered
    }

    [Fact]
    public void Limits_are_those_of_the_longest_format_and_the_tag()
    {
        var format = Frames.Tagged(
            new Dictionary<byte, FrameFormat> { [1] = Frames.Fixed(20), [2] = Frames.LengthPrefixed(8, maxFrameLength: 19) });
        Assert.Equal(("Tagged", 21, 28), (format.Name, format.MaxFrameLength, format.MaxWireLength));
    }

    [Fact]
    public void Formats_are_checked_when_the_format_is_made()
    {
        Assert.Throws<ArgumentException>("formats", () => Frames.Tagged(new Dictionary<byte, FrameFormat>()));
        Assert.Throws<ArgumentNullException>("formats", () => Frames.Tagged((Dictionary<byte, FrameFormat>)null!));
        Assert.Throws<ArgumentException>("formats", () => Frames.Tagged(new Dictionary<byte, FrameFormat> { [1] = null! }));
        Assert.Throws<ArgumentException>(
            "formats",
            () => Frames.Tagged(new Dictionary<byte, FrameFormat> { [1] = Frames.UntilClose(FrameFormat.GreatestMaxFrameLength) }));
    }

    [Fact]
    public void Nothing_is_allocated_for_a_message_that_is_sent()
    {
        var into = new ArrayBufferWriter<byte>(100_000);
        byte[] payload = [9, 2, 5, 6, 7];
        var allocated = Allocated.Least(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                Format.Encode(payload, into);
            }
        });
        Assert.InRange(allocated, 0, 200);
    }
}
