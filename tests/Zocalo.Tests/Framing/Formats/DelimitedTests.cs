using System.Text;

namespace Zocalo.Tests.Framing.Formats;

public sealed class DelimitedTests
{
    [Theory]
    [InlineData("aab")]
    [InlineData("abab")]
    [InlineData("aa")]
    [InlineData("aba")]
    [InlineData("ab")]
    [InlineData("b")]
    [InlineData("abaab")]
    public void The_first_match_wins_in_every_stream_of_two_letters_at_every_split(string delimiter)
    {
        var format = Frames.Delimited(Encoding.ASCII.GetBytes(delimiter));
        for (var length = 1; length <= 8; length++)
        {
            for (var bits = 0; bits < 1 << length; bits++)
            {
                var stream = Letters(bits, length);
                var parts = stream.Split(delimiter);
                var reading = Reading.AtEverySplit(format, Encoding.ASCII.GetBytes(stream));
                Assert.Equal(parts[..^1].Select(Hex), reading.Frames);
                Assert.Equal(parts[^1].Length == 0, reading.Error is null);
            }
        }
    }

    [Theory]
    [InlineData("a\r\r\nb\r\r\r\n\r\r\n\r\n\r\r\n", "\r\r\n", "a|b\r||\r\n")]
    [InlineData("ababab\r\nab\r\r\n\r\n", "\r\n", "ababab|ab\r|")]
    [InlineData("xababcababdababcababcababdy", "ababcababd", "x|ababc")]
    public void Delimiters_that_overlap_themselves_are_found_at_every_split(string stream, string delimiter, string expected)
    {
        var reading = Reading.AtEverySplit(Frames.Delimited(Encoding.ASCII.GetBytes(delimiter)), Encoding.ASCII.GetBytes(stream));
        Assert.Equal(expected.Split('|').Select(Hex), reading.Frames);
    }

    [Theory]
    [InlineData("aab")]
    [InlineData("abab")]
    [InlineData("aa")]
    [InlineData("b")]
    public void Every_message_of_two_letters_arrives_or_is_refused(string delimiter)
    {
        var format = Frames.Delimited(Encoding.ASCII.GetBytes(delimiter));
        for (var length = 0; length <= 6; length++)
        {
            for (var bits = 0; bits < 1 << length; bits++)
            {
                var text = Letters(bits, length);
                if ((text + delimiter).IndexOf(delimiter, StringComparison.Ordinal) == text.Length)
                {
                    Reading.Arrives(format, Encoding.ASCII.GetBytes(text));
                }
                else
                {
                    Reading.Refused(format, Encoding.ASCII.GetBytes(text));
                }
            }
        }
    }

    [Fact]
    public void A_message_that_would_end_early_together_with_its_delimiter_is_refused_and_told_where()
    {
        var refused = Reading.Refused(Frames.Delimited("abab"u8), "xab"u8.ToArray());
        Assert.Contains("at its byte 1", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Frames.LengthPrefixed", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("aab")]
    public void The_longest_message_passes_and_one_byte_more_is_corrupt(string delimiter)
    {
        var format = Frames.Delimited(Encoding.ASCII.GetBytes(delimiter), 8);
        Reading.Arrives(format, "12345678"u8.ToArray());
        Reading.Refused(format, "123456789"u8.ToArray());
        var reading = Reading.AtEverySplit(format, Encoding.ASCII.GetBytes("123456789" + delimiter));
        Assert.Empty(reading.Frames);
        var failure = Reading.Failure(format, Encoding.ASCII.GetBytes("x" + delimiter + "123456789"));
        Assert.Equal(format.Name, failure.Format);
        Assert.Equal(8, failure.Limit);
        Assert.Equal(1 + delimiter.Length + 8, failure.Offset);
        Assert.Equal(EndReason.ProtocolError, failure.Reason);
    }

    [Fact]
    public void A_missing_delimiter_is_corrupt_as_soon_as_none_can_begin_in_time()
    {
        var format = Frames.Delimited("aab"u8, 4);
        Assert.StartsWith("ProtocolError", Reading.Of(format, "12345"u8.ToArray()).Error, StringComparison.Ordinal);
        Assert.StartsWith("Truncated", Reading.Of(format, "1234a"u8.ToArray()).Error, StringComparison.Ordinal);
        Assert.StartsWith("Truncated", Reading.Of(format, "1234aa"u8.ToArray()).Error, StringComparison.Ordinal);
        Assert.StartsWith("ProtocolError", Reading.Of(format, "1234aaa"u8.ToArray()).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_delimiter_has_1_to_255_bytes()
    {
        Assert.Throws<ArgumentException>("delimiter", () => Frames.Delimited([]));
        Assert.Throws<ArgumentException>("delimiter", () => Frames.Delimited(new byte[256]));
        var longest = Enumerable.Repeat((byte)'a', 254).Append((byte)'b').ToArray();
        Reading.Arrives(Frames.Delimited(longest, 300), Enumerable.Repeat((byte)'a', 10).Append((byte)'b').ToArray());
        var reading = Reading.AtEverySplit(Frames.Delimited(longest), [(byte)'a', .. longest]);
        Assert.Equal(["61"], reading.Frames);
    }

    [Fact]
    public void The_name_says_the_delimiter() => Assert.Equal("Delimited(0x0D0A)", Frames.Delimited("\r\n"u8).Name);

    [Fact]
    public void A_cut_message_is_truncated_and_never_a_frame()
    {
        var reading = Reading.AtEverySplit(Frames.Delimited("\r\n"u8), "one\r\ntwo\r"u8.ToArray());
        Assert.Equal([Hex("one")], reading.Frames);
        Assert.StartsWith("Truncated", reading.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Nul_is_a_zero_byte()
    {
        Assert.Equal("Nul", Frames.Nul().Name);
        Assert.Equal([0x61, 0], Reading.Encode(Frames.Nul(), "a"u8.ToArray()));
        Assert.Equal(["61", "", "62"], Reading.AtEverySplit(Frames.Nul(), "a\0\0b\0"u8.ToArray()).Frames);
        Reading.Refused(Frames.Nul(), [0]);
    }

    private static string Letters(int bits, int length) =>
        string.Concat(Enumerable.Range(0, length).Select(i => (bits >> i & 1) == 0 ? 'a' : 'b'));

    private static string Hex(string text) => Convert.ToHexString(Encoding.ASCII.GetBytes(text));
}
