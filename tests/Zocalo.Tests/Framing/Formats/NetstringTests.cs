using System.Text;

namespace Zocalo.Tests.Framing.Formats;

public sealed class NetstringTests
{
    [Theory]
    [InlineData("", "0:,")]
    [InlineData("hello world!", "12:hello world!,")]
    [InlineData("3:a,b,", "6:3:a,b,,")]
    public void A_length_a_colon_the_message_a_comma(string payload, string wire)
    {
        var format = Frames.Netstrings();
        Assert.Equal(wire, Encoding.ASCII.GetString(Reading.Encode(format, Encoding.ASCII.GetBytes(payload))));
        Spread.Arrives(format, Encoding.ASCII.GetBytes(payload));
        Reading.Arrives(Frames.Netstrings(0), []);
    }

    [Theory]
    [InlineData("01:a,", 0, null, "zero in front")]
    [InlineData("00:,", 0, null, "zero in front")]
    [InlineData("-1:a,", 0, '-', "not a digit where the length begins: 0x2D")]
    [InlineData(":,", 0, ':', "not a digit where the length begins: 0x3A")]
    [InlineData(" 1:a,", 0, ' ', "not a digit where")]
    [InlineData("1 :a,", 1, ' ', "neither a digit nor a colon")]
    [InlineData("1a", 1, 'a', "neither a digit nor a colon in the length: 0x61")]
    [InlineData("1:ab", 3, 'b', "no comma behind the payload, but: 0x62")]
    [InlineData("0:a", 2, 'a', "no comma")]
    [InlineData("3:abc\n", 5, '\n', "no comma")]
    [InlineData("101:", 0, (char)101, "its first digits: 101, at most 100")]
    [InlineData("4294967295:", 0, (char)429, "its first digits: 429, at most 100")]
    [InlineData("18446744073709551615:", 0, (char)184, "its first digits: 184, at most 100")]
    [InlineData("\u00ff\u00ff\u00ff\u00ff", 0, '\u00ff', "not a digit")]
    public void What_is_against_the_format_is_refused_where_it_stands(string stream, int at, char? value, string message)
    {
        var format = Frames.Netstrings(100);
        var bytes = Encoding.Latin1.GetBytes("2:ab," + stream);
        var reading = Reading.AtEverySplit(format, bytes);
        Assert.Equal(["6162"], reading.Frames);
        Assert.Contains(message, reading.Error, StringComparison.Ordinal);
        var failure = Reading.Failure(format, bytes);
        Assert.Equal(("Netstring", 5L + at, (Int128?)value), (failure.Format, failure.Offset, failure.Value));
    }

    [Fact]
    public void The_limit_itself_arrives()
    {
        Reading.Arrives(Frames.Netstrings(100), new byte[100]);
        Assert.Equal(100 + 4 + 1, Frames.Netstrings(100).MaxWireLength);
        Reading.Refused(Frames.Netstrings(100), new byte[101]);
        Spread.Refused(Frames.Netstrings(100), new byte[101]);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("1:")]
    [InlineData("1:a")]
    public void A_cut_frame_is_truncated(string stream) =>
        Assert.StartsWith(
            "Truncated", Reading.AtEverySplit(Frames.Netstrings(), Encoding.ASCII.GetBytes(stream)).Error, StringComparison.Ordinal);
}
