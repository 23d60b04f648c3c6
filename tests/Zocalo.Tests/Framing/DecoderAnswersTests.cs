namespace Zocalo.Tests.Framing;

/// <summary>What a decoder answers, read by a program that has no <see cref="FrameReader"/>.</summary>
public sealed class DecoderAnswersTests
{
    [Fact]
    public void A_frame_has_a_length_a_header_and_a_trailer()
    {
        var decoder = Frames.LengthPrefixed().CreateDecoder();
        Assert.Equal(6, decoder.Decode([0, 0, 0, 2]).Length);
        Assert.Equal((4, 0), (decoder.HeaderLength, decoder.TrailerLength));
        var delimited = Frames.Delimited("\r\n"u8).CreateDecoder();
        Assert.Equal(5, delimited.Decode("abc\r\n"u8).Length);
        Assert.Equal((0, 2), (delimited.HeaderLength, delimited.TrailerLength));
    }

    [Fact]
    public void A_corrupt_frame_has_an_error_with_its_numbers()
    {
        var decoder = Frames.LengthPrefixed(maxFrameLength: 16).CreateDecoder();
        Assert.Equal(FrameStatus.Corrupt, decoder.Decode([0xFF, 0, 0, 0]).Status);
        var error = decoder.Error!;
        Assert.Equal(
            ("the length is over the limit", 0, (long?)16, (Int128?)0xFF000000, false),
            (error.Problem, error.Offset, error.Limit, error.Value, error.InHexadecimal));
    }

    [Fact]
    public void A_part_of_a_frame_is_a_frame()
    {
        var frame = new Frame("zocalo"u8.ToArray());
        Assert.Equal("cal"u8.ToArray(), frame.Slice(2, 3).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => frame.Slice(2, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => frame.Slice(7, 0));
    }

    [Fact]
    public void A_length_field_is_big_endian_unless_set()
    {
        Assert.Equal(ByteOrder.BigEndian, new LengthField().ByteOrder);
    }
}
