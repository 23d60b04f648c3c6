namespace Zocalo.Cli.Tests;

public sealed class FrameSpecTests
{
    private const int MiB = 1 << 20;

    [Theory]
    [InlineData("line", "hi\n")]
    [InlineData("line:strict", "hi\r\n")]
    [InlineData("nul", "hi\0")]
    [InlineData("fixed:2", "hi")]
    [InlineData("delim:0d0a2E", "hi\r\n.")]
    [InlineData("delim:0d 0a", "hi\r\n")]
    [InlineData("len", "\0\0\0\u0002hi")]
    [InlineData("len:u8", "\u0002hi")]
    [InlineData("len:u16be", "\0\u0002hi")]
    [InlineData("len:u16le", "\u0002\0hi")]
    [InlineData("len:u24be", "\0\0\u0002hi")]
    [InlineData("len:u24le", "\u0002\0\0hi")]
    [InlineData("len:u32be", "\0\0\0\u0002hi")]
    [InlineData("len:u32le", "\u0002\0\0\0hi")]
    [InlineData("len:u64be", "\0\0\0\0\0\0\0\u0002hi")]
    [InlineData("len:u64le", "\u0002\0\0\0\0\0\0\0hi")]
    [InlineData("varint", "\u0002hi")]
    [InlineData("digits", "00002hi")]
    [InlineData("digits:5", "00002hi")]
    [InlineData("digits:1", "2hi")]
    [InlineData("digits:9", "000000002hi")]
    [InlineData("netstring", "2:hi,")]
    [InlineData("cobs", "\u0003hi\0")]
    [InlineData("slip", "\u00c0hi\u00c0")]
    [InlineData("close", "hi")]
    public void Every_form_is_the_format_that_it_names(string spec, string onTheWire)
    {
        Assert.True(FrameSpec.TryParse(spec, out var format, out var error), error);
        var wire = new System.Buffers.ArrayBufferWriter<byte>();
        format.Encode("hi"u8, wire);
        Assert.Equal(onTheWire, System.Text.Encoding.Latin1.GetString(wire.WrittenSpan));
    }

    [Theory]
    [InlineData("line", MiB)]
    [InlineData("line:strict,max=1", 1)]
    [InlineData("nul,max=100", 100)]
    [InlineData("delim:00,max=64K", 64 * 1024)]
    [InlineData("len:u32be,max=16M", 16 * MiB)]
    [InlineData("varint,max=1G", 1024 * MiB)]
    [InlineData("digits:9,max=2k", 2048)]
    [InlineData("netstring,max=3m", 3 * MiB)]
    [InlineData("cobs,max=7", 7)]
    [InlineData("slip,max=7", 7)]
    [InlineData("close,max=1073741824", 1024 * MiB)]
    [InlineData("fixed:64", 64)]
    [InlineData("fixed:1K", 1024)]
    public void The_longest_message_is_one_mebibyte_or_what_max_says(string spec, int longest)
    {
        Assert.True(FrameSpec.TryParse(spec, out var format, out var error), error);
        Assert.Equal(longest, format.MaxFrameLength);
    }

    [Theory]
    [InlineData("", "'' is not a way to mark messages; there are line, line:strict, nul, fixed:N,")]
    [InlineData("lines", "did you mean 'line'?")]
    [InlineData("LEN:u8", "'LEN' is not a way to mark messages, did you mean 'len'?")]
    [InlineData("netstrings", "did you mean 'netstring'?")]
    [InlineData("u32be", "did you mean 'len:u32be'?")]
    [InlineData("json", "'json' is not a way to mark messages; there are line,")]
    [InlineData("line:lf", "write line, or line:strict")]
    [InlineData("nul:1", "nul: '1' is too much; write nul")]
    [InlineData("cobs:", "cobs: '' is too much; write cobs")]
    [InlineData("fixed", "write fixed:64")]
    [InlineData("fixed:", "'' is not a length in bytes from 1 to 1G")]
    [InlineData("fixed:0", "'0' is not a length in bytes from 1 to 1G")]
    [InlineData("fixed:-1", "'-1' is not a length")]
    [InlineData("fixed:2G", "'2G' is not a length in bytes from 1 to 1G")]
    [InlineData("fixed:8,max=9", "leave max= out")]
    [InlineData("delim", "write delim:0d0a")]
    [InlineData("delim:", "0 bytes; a delimiter has 1 to 255")]
    [InlineData("delim:0", "'0' is not hexadecimal")]
    [InlineData("delim:\\n", "is not hexadecimal; write two digits a byte, as in delim:0d0a")]
    [InlineData("len:u16", "does not say the order of its bytes; write len:u16be (network order) or len:u16le")]
    [InlineData("len:u32eb", "'u32eb' is not a length, did you mean 'u32be'?; there are u8, u16be,")]
    [InlineData("len:", "'' is not a length; there are u8, u16be,")]
    [InlineData("len:u8be", "'u8be' is not a length")]
    [InlineData("digits:0", "'0' is not a number of digits from 1 to 9; write digits:5")]
    [InlineData("digits:10", "'10' is not a number of digits")]
    [InlineData("digits:five", "'five' is not a number of digits")]
    [InlineData("line,", "'' is not known; after the comma there is max=SIZE, as in line,max=64K")]
    [InlineData("line,min=3", "'min=3' is not known")]
    [InlineData("line,max=1,max=2", "'max=2' is one option too many")]
    [InlineData("line,max=", "'max=' is not a size from 1 to 1G")]
    [InlineData("line,max=0", "'max=0' is not a size")]
    [InlineData("line,max=-5", "'max=-5' is not a size")]
    [InlineData("line,max=1.5M", "'max=1.5M' is not a size")]
    [InlineData("line,max=1025M", "'max=1025M' is not a size from 1 to 1G; write bytes, or K, M, G: max=64K")]
    [InlineData("line,max=99999999999999999999", "is not a size")]
    [InlineData("line,max=K", "'max=K' is not a size")]
    [InlineData("line,max=1KB", "'max=1KB' is not a size")]
    public void Anything_else_is_refused_with_the_way_out(string spec, string hint)
    {
        Assert.False(FrameSpec.TryParse(spec, out var format, out var error));
        Assert.Null(format);
        Assert.Contains(hint, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_delimiter_has_at_most_255_bytes()
    {
        Assert.True(FrameSpec.TryParse("delim:" + new string('a', 510), out _, out _));
        Assert.False(FrameSpec.TryParse("delim:" + new string('a', 512), out _, out var error));
        Assert.Contains("256 bytes; a delimiter has 1 to 255", error, StringComparison.Ordinal);
    }
}
