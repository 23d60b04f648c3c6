namespace Zocalo.Tests.Framing.Formats;

public sealed class TaggedLengthTests
{
    private static readonly FrameFormat Format = Frames.Tagged(new Dictionary<byte, int> { [0x00] = 1, [0x41] = 3, [0xFF] = 10 });

    [Fact]
    public void The_first_byte_decides_the_length()
    {
        Assert.Equal(("Tagged", 10, 10), (Format.Name, Format.MaxFrameLength, Format.MaxWireLength));
        byte[] stream = [0x00, 0x41, 1, 2, 0xFF, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x00];
        Assert.Equal(["00", "410102", "FF010203040506070809", "00"], Reading.AtEverySplit(Format, stream).Frames);
        Assert.Equal(stream[1..4], Reading.Encode(Format, stream[1..4]));
        Spread.Arrives(Format, stream[4..14]);
        Spread.Arrives(Format, [0]);
    }

    [Fact]
    public void Another_tag_is_refused()
    {
        Assert.Equal(["00"], Reading.AtEverySplit(Format, [0, 0x42, 1, 2]).Frames);
        var failure = Reading.Failure(Format, [0, 0x42]);
        Assert.Equal((1L, (Int128?)0x42), (failure.Offset, failure.Value));
        Assert.Equal("Tagged: not a known tag: 0x42 (at byte 1 of the stream)", failure.Message);
    }

    [Theory]
    [InlineData("", "begins with its tag")]
    [InlineData("42", "0x42 is not a tag")]
    [InlineData("41", "has 3 bytes in Tagged, not 1")]
    [InlineData("41000000", "has 3 bytes in Tagged, not 4")]
    public void A_message_that_is_not_as_its_tag_says_cannot_be_sent(string payload, string why)
    {
        var bytes = Convert.FromHexString(payload);
        Assert.Contains(why, Reading.Refused(Format, bytes).Message, StringComparison.Ordinal);
        Spread.Refused(Format, bytes);
    }

    [Fact]
    public void A_cut_message_is_truncated() =>
        Assert.StartsWith("Truncated", Reading.AtEverySplit(Format, [0x41, 1]).Error, StringComparison.Ordinal);

    [Fact]
    public void Lengths_are_checked_when_the_format_is_made()
    {
        Assert.Throws<ArgumentException>("lengths", () => Frames.Tagged(new Dictionary<byte, int>()));
        Assert.Throws<ArgumentNullException>("lengths", () => Frames.Tagged((Dictionary<byte, int>)null!));
        Assert.Throws<ArgumentOutOfRangeException>("lengths", () => Frames.Tagged(new Dictionary<byte, int> { [1] = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>("lengths", () => Frames.Tagged(new Dictionary<byte, int> { [1] = int.MaxValue }));
    }

    [Fact]
    public void Later_changes_of_the_dictionary_change_nothing()
    {
        var lengths = new Dictionary<byte, int> { [1] = 2 };
        var format = Frames.Tagged(lengths);
        lengths[1] = 5;
        Reading.Arrives(format, [1, 2]);
    }
}
