using System.Text;

namespace Zocalo.Tests.Framing.Formats;

public sealed class LinesTests
{
    [Fact]
    public void Lf_and_crlf_both_end_a_line_at_every_split()
    {
        var reading = Reading.AtEverySplit(Frames.Lines(), "a\nb\r\n\n\r\nc\rd\r\r\n\r\n"u8.ToArray());
        Assert.Equal(["a", "b", "", "", "c\rd\r", ""], Texts(reading));
        Assert.Null(reading.Error);
    }

    [Fact]
    public void Lf_is_written()
    {
        Assert.Equal("ab\n"u8.ToArray(), Reading.Encode(Frames.Lines(), "ab"u8.ToArray()));
        Reading.Arrives(Frames.Lines(), []);
        Reading.Arrives(Frames.Lines(), "a\rb"u8.ToArray());
    }

    [Theory]
    [InlineData("a\n")]
    [InlineData("\nb")]
    [InlineData("a\r\nb")]
    public void A_line_that_would_not_arrive_as_it_is_cannot_be_sent(string line) =>
        Reading.Refused(Frames.Lines(), Encoding.ASCII.GetBytes(line));

    [Theory]
    [InlineData("a\r", "a\r\r\n")]
    [InlineData("\r", "\r\r\n")]
    [InlineData("a\r\r", "a\r\r\r\n")]
    public void A_line_that_ends_with_a_CR_is_sent_with_CRLF_behind_it(string line, string wire)
    {
        Assert.Equal(wire, Encoding.ASCII.GetString(Reading.Encode(Frames.Lines(), Encoding.ASCII.GetBytes(line))));
        Reading.Arrives(Frames.Lines(maxFrameLength: line.Length), Encoding.ASCII.GetBytes(line));
    }

    [Fact]
    public void Every_line_that_arrives_can_be_sent_again()
    {
        var lines = Reading.AtEverySplit(Frames.Lines(), "a\r\r\nb\r\n\r\r\r\n\n"u8.ToArray()).Frames;
        Assert.Equal(4, lines.Count);
        Assert.All(lines, line => Reading.Arrives(Frames.Lines(), Convert.FromHexString(line)));
    }

    [Theory]
    [InlineData("1234\n", "1234", null)]
    [InlineData("1234\r\n", "1234", null)]
    [InlineData("12345\n", null, "ProtocolError")]
    [InlineData("12345\r\n", null, "ProtocolError")]
    [InlineData("12345", null, "ProtocolError")]
    [InlineData("1234\r", null, "Truncated")]
    [InlineData("1234\r5", null, "ProtocolError")]
    [InlineData("1234\r\r", null, "ProtocolError")]
    [InlineData("1234\r\r\n", null, "ProtocolError")]
    public void The_limit_counts_the_line_without_its_end(string stream, string? line, string? error)
    {
        var reading = Reading.AtEverySplit(Frames.Lines(maxFrameLength: 4), Encoding.ASCII.GetBytes(stream));
        Assert.Equal(line is null ? [] : [line], Texts(reading));
        Assert.Equal(error, reading.Error?.Split(' ')[0]);
    }

    [Fact]
    public void A_line_over_the_limit_says_where_and_which_limit()
    {
        var failure = Reading.Failure(Frames.Lines(maxFrameLength: 4), "ab\n12345"u8.ToArray());
        Assert.Equal(("Lines", 7L, 4L), (failure.Format, failure.Offset, failure.Limit));
    }

    [Fact]
    public void A_line_without_its_end_is_truncated() =>
        Assert.StartsWith("Truncated", Reading.AtEverySplit(Frames.Lines(), "a\nb"u8.ToArray()).Error, StringComparison.Ordinal);

    private static IEnumerable<string> Texts(Reading reading) =>
        reading.Frames.Select(hex => Encoding.ASCII.GetString(Convert.FromHexString(hex)));
}
