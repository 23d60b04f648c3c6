using System.Text;

namespace Zocalo.Tests.Framing.Formats;

public sealed class DigitsPrefixedTests
{
    [Fact]
    public void The_length_goes_first_in_digits_with_zeros_in_front()
    {
        var format = Frames.DigitsPrefixed();
        Assert.Equal("00005hello", Encoding.ASCII.GetString(Reading.Encode(format, "hello"u8.ToArray())));
        Assert.Equal(("Digits(5)", 99999, 100_004), (format.Name, format.MaxFrameLength, format.MaxWireLength));
        Spread.Arrives(format, "hello"u8.ToArray());
        Spread.Arrives(format, []);
        Reading.Arrives(Frames.DigitsPrefixed(1), "123456789"u8.ToArray());
        Reading.Arrives(Frames.DigitsPrefixed(9, 123), new byte[123]);
    }

    [Theory]
    [InlineData("-0001", 0)]
    [InlineData("+0001", 0)]
    [InlineData("    1", 0)]
    [InlineData("0000 ", 4)]
    [InlineData("0x001", 1)]
    [InlineData("0000a", 4)]
    [InlineData("00/00", 2)]
    [InlineData("000:0", 3)]
    [InlineData("1e", 1)]
    [InlineData("0\u0000", 1)]
    [InlineData("00\u00B2", 2)]      // superscript two
    [InlineData("00\u00FF", 2)]
    [InlineData("GET / HTTP/1.1", 0)]
    public void What_is_not_a_digit_is_refused_where_it_stands(string header, int at)
    {
        var format = Frames.DigitsPrefixed();
        var bytes = Encoding.Latin1.GetBytes("00002ab" + header);
        Assert.Equal(["6162"], Reading.AtEverySplit(format, bytes).Frames);
        var failure = Reading.Failure(format, bytes[..(8 + at)]);
        Assert.Equal((7L + at, (Int128?)header[at]), (failure.Offset, failure.Value));
        Assert.Equal($"Digits(5): not a digit in the length: 0x{(int)header[at]:X2} (at byte {7 + at} of the stream)", failure.Message);
    }

    [Fact]
    public void A_length_over_the_limit_is_refused()
    {
        var format = Frames.DigitsPrefixed(5, 100);
        Reading.Arrives(format, new byte[100]);
        foreach (var (header, value) in new[] { ("00101", 101), ("99999", 99999) })
        {
            var bytes = Encoding.ASCII.GetBytes(header);
            Assert.Contains($"over the limit: {value}, at most 100", Reading.AtEverySplit(format, bytes).Error, StringComparison.Ordinal);
            var failure = Reading.Failure(format, bytes);
            Assert.Equal((0L, (long?)100, (Int128?)value), (failure.Offset, failure.Limit, failure.Value));
        }
    }

    [Fact]
    public void A_message_that_the_digits_or_the_limit_cannot_tell_is_not_sent()
    {
        Assert.Contains("use more digits", Reading.Refused(Frames.DigitsPrefixed(2), new byte[100]).Message, StringComparison.Ordinal);
        Assert.Contains(
            "set maxFrameLength", Reading.Refused(Frames.DigitsPrefixed(5, 99), new byte[100]).Message, StringComparison.Ordinal);
        Spread.Refused(Frames.DigitsPrefixed(2), new byte[100]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public void One_to_nine_digits(int digits) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(digits), () => Frames.DigitsPrefixed(digits));

    [Theory]
    [InlineData("0000")]
    [InlineData("00003ab")]
    public void A_cut_frame_is_truncated(string stream) =>
        Assert.StartsWith(
            "Truncated", Reading.AtEverySplit(Frames.DigitsPrefixed(), Encoding.ASCII.GetBytes(stream)).Error, StringComparison.Ordinal);
}
