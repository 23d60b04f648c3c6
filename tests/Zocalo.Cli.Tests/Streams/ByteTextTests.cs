using System.Text;

namespace Zocalo.Cli.Tests;

public sealed class ByteTextTests
{
    [Theory]
    [InlineData("Hello world!", "b\"Hello world!\"")]
    [InlineData("a\r\n\tb", "b\"a\\r\\n\\tb\"")]
    [InlineData("\"\\'", "b\"\\\"\\\\'\"")]
    [InlineData("\0\u0001\u007f~", "b\"\\x00\\x01\\x7f~\"")]
    [InlineData("\u00e9", "b\"\\xc3\\xa9\"")]
    [InlineData("", "b\"\"")]
    public void Bytes_look_as_Python_shows_them(string text, string shown) =>
        Assert.Equal(shown, ByteText.Repr(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void A_dump_has_an_offset_sixteen_bytes_and_their_characters_in_each_line() => Assert.Equal(
        "00000020  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n"
        + "00000030  0a ff                                             |..|\n",
        ByteText.Dump([.. "0123456789abcdef\n"u8, 0xFF], 0x20));

    [Fact]
    public void Nothing_has_no_dump() => Assert.Equal("", ByteText.Dump([], 0));

    [Fact]
    public void Control_characters_cannot_break_a_line() =>
        Assert.Equal("one\\x0atwo\\x1b[31m", ByteText.OneLine("one\ntwo\e[31m"));
}
