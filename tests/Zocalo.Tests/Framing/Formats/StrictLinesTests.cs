using System.Text;

namespace Zocalo.Tests.Framing.Formats;

public sealed class StrictLinesTests
{
    private static readonly FrameFormat Strict = Frames.Lines(strict: true);

    [Fact]
    public void Crlf_ends_a_line_at_every_split()
    {
        var reading = Reading.AtEverySplit(Strict, "a\r\n\r\nbc\r\n"u8.ToArray());
        Assert.Equal(["61", "", "6263"], reading.Frames);
        Assert.Null(reading.Error);
        Reading.Arrives(Strict, "abc"u8.ToArray());
        Assert.Equal("x\r\n"u8.ToArray(), Reading.Encode(Strict, "x"u8.ToArray()));
    }

    // CVE-2025-55315: a chunk extension whose line one side ends at a bare LF or CR, and the other at CRLF, hides a second request from one
    // of them.
    [Theory]
    [InlineData("2;\nxx\r\n", 2, '\n')]
    [InlineData("2;\rxx\r\n", 2, '\r')]
    [InlineData("\n", 0, '\n')]
    [InlineData("\rx", 0, '\r')]
    [InlineData("a\r\r\n", 1, '\r')]
    [InlineData("ok\r\n2;a\nb\r\n", 7, '\n')]
    [InlineData("ok\r\n2;a\rb\r\n", 7, '\r')]
    public void CVE_2025_55315_a_bare_lf_or_cr_is_corrupt_where_it_stands(string stream, int offset, char found)
    {
        var bytes = Encoding.ASCII.GetBytes(stream);
        Reading.AtEverySplit(Strict, bytes);
        var failure = Reading.Failure(Strict, bytes);
        Assert.Equal((offset, (Int128)found), (failure.Offset, failure.Value));
        Assert.Contains($"0x{(int)found:X2}", failure.Message, StringComparison.Ordinal);
        Assert.Equal(EndReason.ProtocolError, failure.Reason);
    }

    [Fact]
    public void A_bare_byte_is_corrupt_as_soon_as_it_is_seen()
    {
        Assert.StartsWith("ProtocolError", Reading.Of(Strict, "a\n"u8.ToArray()).Error, StringComparison.Ordinal);
        Assert.StartsWith("Truncated", Reading.Of(Strict, "a\r"u8.ToArray()).Error, StringComparison.Ordinal);
        Assert.StartsWith("ProtocolError", Reading.Of(Strict, "a\rb"u8.ToArray()).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1234\r\n", null)]
    [InlineData("1234", "Truncated")]
    [InlineData("1234\r", "Truncated")]
    [InlineData("12345", "ProtocolError")]
    [InlineData("12345\r\n", "ProtocolError")]
    [InlineData("1234\rx", "ProtocolError")]
    public void The_limit_counts_the_line_without_its_end(string stream, string? error)
    {
        var reading = Reading.AtEverySplit(Frames.Lines(true, 4), Encoding.ASCII.GetBytes(stream));
        Assert.Equal(error, reading.Error?.Split(' ')[0]);
        Assert.Equal(error is null ? 1 : 0, reading.Frames.Count);
    }

    [Theory]
    [InlineData("a\rb")]
    [InlineData("a\nb")]
    [InlineData("a\r")]
    public void A_line_with_either_byte_cannot_be_sent(string line) => Reading.Refused(Strict, Encoding.ASCII.GetBytes(line));
}
