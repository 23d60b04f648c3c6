namespace Zocalo.Tests.Framing.Formats;

public sealed class VarintPrefixedTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(1, "01")]
    [InlineData(127, "7F")]
    [InlineData(128, "8001")]
    [InlineData(300, "AC02")]
    [InlineData(16383, "FF7F")]
    [InlineData(16384, "808001")]
    public void A_length_goes_seven_bits_a_byte_the_lowest_first(int length, string header)
    {
        var format = Frames.VarintPrefixed();
        var wire = Reading.Encode(format, new byte[length]);
        Assert.Equal(header, Convert.ToHexString(wire[..^length]));
        Assert.Equal([new string('0', 2 * length)], Reading.Of(format, wire[..1], wire[1..]).Frames);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(127, 1)]
    [InlineData(128, 2)]
    [InlineData(16384, 3)]
    [InlineData(FrameFormat.GreatestMaxFrameLength, 5)]
    public void The_header_is_as_long_as_the_limit_needs(int limit, int header) =>
        Assert.Equal(limit + (long)header, Frames.VarintPrefixed(limit).MaxWireLength);

    [Fact]
    public void Payloads_arrive_at_every_split()
    {
        Spread.Arrives(Frames.VarintPrefixed(), []);
        Spread.Arrives(Frames.VarintPrefixed(), [1, 2, 3]);
        Spread.Arrives(Frames.VarintPrefixed(300), new byte[300]);
        Reading.Arrives(Frames.VarintPrefixed(0), []);
    }

    [Theory]
    [InlineData("8000", 0)]
    [InlineData("8100", 1)]
    [InlineData("FF00", 127)]
    [InlineData("808000", 0)]
    [InlineData("AC8200", 300)]
    public void A_length_in_more_bytes_than_it_needs_is_refused(string stream, int value)
    {
        var format = Frames.VarintPrefixed(100_000);
        var bytes = Convert.FromHexString("0161" + stream);
        Assert.Equal(["61"], Reading.AtEverySplit(format, bytes).Frames);
        var failure = Reading.Failure(format, bytes);
        Assert.Equal(("Varint", 2L, (long?)null, (Int128?)value), (failure.Format, failure.Offset, failure.Limit, failure.Value));
        Assert.Contains("overlong", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("65", 101, "the length is over the limit: 101, at most 100")]
    [InlineData("7F", 127, "the length is over the limit: 127, at most 100")]
    [InlineData("80", 128, "it goes on, and is at least: 128, at most 100")]                    // 0 in two bytes, or more than 127
    [InlineData("FFFFFFFF07", 255, "it goes on, and is at least: 255")]                         // 2^31 - 1
    [InlineData("8080808008", 128, "it goes on, and is at least: 128")]                         // 2^31
    [InlineData("FFFFFFFF0F", 255, "it goes on, and is at least: 255")]                         // 2^32 - 1, or -1
    [InlineData("80808080808080808001", 128, "it goes on, and is at least: 128")]               // 2^63
    [InlineData("FFFFFFFFFFFFFFFFFF01", 255, "it goes on, and is at least: 255")]               // 2^64 - 1
    [InlineData("80808080808080808080808080808080", 128, "it goes on, and is at least: 128")]
    public void A_length_over_the_limit_is_refused_at_the_first_byte_that_shows_it(string stream, int value, string message)
    {
        var format = Frames.VarintPrefixed(100);
        var bytes = Convert.FromHexString(stream);
        var failure = Reading.Failure(format, bytes[..1]);
        Assert.Equal((0L, (long?)100, (Int128?)value), (failure.Offset, failure.Limit, failure.Value));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Contains(message, Reading.AtEverySplit(format, bytes).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_greatest_limit_is_held_to_the_byte()
    {
        var format = Frames.VarintPrefixed(FrameFormat.GreatestMaxFrameLength);
        Assert.StartsWith("Truncated", Reading.AtEverySplit(format, [0x80, 0x80, 0x80, 0x80, 0x04]).Error, StringComparison.Ordinal);
        Assert.Equal((1 << 30) + 1, Reading.Failure(format, [0x81, 0x80, 0x80, 0x80, 0x04]).Value);
        Assert.Equal(1L << 35, Reading.Failure(format, [0x80, 0x80, 0x80, 0x80, 0x80]).Value);
    }

    [Fact]
    public void A_message_over_the_limit_cannot_be_sent()
    {
        Reading.Refused(Frames.VarintPrefixed(100), new byte[101]);
        Spread.Refused(Frames.VarintPrefixed(100), new byte[101]);
    }

    [Theory]
    [InlineData("80")]
    [InlineData("0261")]
    public void A_cut_frame_is_truncated(string stream) =>
        Assert.StartsWith(
            "Truncated", Reading.AtEverySplit(Frames.VarintPrefixed(), Convert.FromHexString(stream)).Error, StringComparison.Ordinal);
}
