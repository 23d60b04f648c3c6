using System.Buffers;
using System.Text;

namespace Zocalo.Tests.Framing.Wire;

public class WireTextTests
{
    [Theory]
    [InlineData("80")]              // a continuation without a beginning
    [InlineData("C3")]              // a beginning without its continuation
    [InlineData("C080")]            // an overlong zero
    [InlineData("E08080")]          // a longer one
    [InlineData("EDA080")]          // half of a surrogate pair
    [InlineData("F4908080")]        // beyond U+10FFFF
    [InlineData("61FF62")]
    public void Bytes_that_are_not_UTF_8_are_refused(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        var count = bytes.Length == 1 ? "1 byte" : $"{bytes.Length} bytes";
        Failing.Read(
            bytes,
            $"expected {count} of UTF-8 at byte 0, found malformed ones",
            (ref r) => r.ReadUtf8(bytes.Length),
            (ref r, out v) => { var read = r.TryReadUtf8(bytes.Length, out var text); v = text; return read; });
        Failing.Read(
            [.. bytes, 0],
            $"expected {count} of UTF-8 at byte 0, found malformed ones",
            (ref r) => r.ReadUtf8Terminated(),
            (ref r, out v) => { var read = r.TryReadUtf8Terminated(out var text); v = text; return read; });
    }

    [Fact]
    public void A_byte_above_0x7F_is_not_ASCII()
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)'a', 299), 0x80];
        Failing.Read(
            bytes,
            "expected 300 bytes of ASCII at byte 0, found malformed ones",
            (ref r) => r.ReadAscii(300),
            (ref r, out v) => { var read = r.TryReadAscii(300, out var text); v = text; return read; });
    }

    [Theory]
    [InlineData(4)]
    [InlineData(-1)]
    [InlineData(uint.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void A_length_that_the_message_does_not_have_is_the_peers_mistake(long count)
    {
        var bytes = "abc"u8.ToArray();
        Failing.Read(
            bytes,
            $"expected {count} bytes of UTF-8 at byte 0, found 3",
            (ref r) => r.ReadUtf8(count),
            (ref r, out v) => { var read = r.TryReadUtf8(count, out var text); v = text; return read; });
        Failing.Read(
            bytes,
            $"expected {count} bytes of Latin-1 at byte 0, found 3",
            (ref r) => r.ReadLatin1(count),
            (ref r, out v) => { var read = r.TryReadLatin1(count, out var text); v = text; return read; });
        Failing.Read(
            bytes,
            $"expected {count} bytes at byte 0, found 3",
            (ref r) => r.ReadBytes(count),
            (ref r, out v) => { var read = r.TryReadBytes(count, out var found); v = found; return read; });
        Failing.Read(
            bytes,
            $"expected {count} bytes at byte 0, found 3",
            (ref r) => { r.Skip(count); return 0; },
            (ref r, out v) => { v = null; return r.TrySkip(count); });
    }

    [Fact]
    public void A_missing_terminator_is_told()
    {
        Failing.Read(
            "abc"u8.ToArray(),
            "expected a byte 0x00 that ends it at byte 0, found none in 3 bytes",
            (ref r) => r.ReadAsciiTerminated(),
            (ref r, out v) => { var read = r.TryReadAsciiTerminated(out var text); v = text; return read; });
        Failing.Read(
            "a"u8.ToArray(),
            "expected a byte 0x0A that ends it at byte 0, found none in 1 byte",
            (ref r) => r.ReadBytesTerminated(10),
            (ref r, out v) => { var read = r.TryReadBytesTerminated(10, out var found); v = found; return read; });
    }

    [Fact]
    public void The_first_terminator_ends_the_text()
    {
        foreach (var frame in Spread.Everywhere("ab\0\0cd\0"u8.ToArray()))
        {
            var reader = new WireReader(frame);
            Assert.Equal("ab", reader.ReadUtf8Terminated());
            Assert.Equal("", reader.ReadLatin1Terminated());
            Assert.Equal("cd", reader.ReadAsciiTerminated());
            Assert.True(reader.IsAtEnd);
        }
    }

    [Theory]
    [InlineData("ñ", true, false, false)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\u0080", true, false, false)]
    [InlineData("€", true, true, false)]
    public void Text_that_a_charset_has_not_is_not_written(string text, bool ascii, bool latin1, bool utf8) =>
        AssertRefused(text, ascii, latin1, utf8);

    [Fact]
    public void Half_of_a_surrogate_pair_is_not_written()
    {
        AssertRefused("a\uD800", ascii: true, latin1: true, utf8: true);
        AssertRefused("\uDC00a", ascii: true, latin1: true, utf8: true);
    }

    [Fact]
    public void Text_that_contains_its_terminator_is_not_written()
    {
        AssertNotWritten(true, writer => writer.WriteAsciiTerminated("a\0b"));
        AssertNotWritten(true, writer => writer.WriteLatin1Terminated("a\nb", 10));
        AssertNotWritten(true, writer => writer.WriteUtf8Terminated("é", 0xA9));     // as a byte of a character
        AssertNotWritten(true, writer => writer.WriteBytesTerminated([1, 2, 3], 2));
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("Zócalo €😀")]
    public void Measured_text_has_that_many_bytes(string text) =>
        Assert.Equal(Encoding.UTF8.GetByteCount(text), WireWriter.MeasureUtf8(text));

    private static void AssertRefused(string text, bool ascii, bool latin1, bool utf8)
    {
        AssertNotWritten(ascii, writer => writer.WriteAscii(text));
        AssertNotWritten(latin1, writer => writer.WriteLatin1(text));
        AssertNotWritten(utf8, writer => writer.WriteUtf8(text));
        AssertNotWritten(ascii, writer => writer.WriteAsciiTerminated(text));
        AssertNotWritten(latin1, writer => writer.WriteLatin1Terminated(text));
        AssertNotWritten(utf8, writer => writer.WriteUtf8Terminated(text));
        AssertNotWritten(utf8, _ => WireWriter.MeasureUtf8(text));
    }

    private static void AssertNotWritten(bool refused, WireCase.Writing write)
    {
        var output = new ArrayBufferWriter<byte>();
        var thrown = Record.Exception(() => write(new WireWriter(output)));
        Assert.Equal(refused, thrown is ArgumentException);
        Assert.True(!refused || output.WrittenCount == 0, "something was written");
    }
}
