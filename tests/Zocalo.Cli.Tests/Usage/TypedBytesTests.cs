namespace Zocalo.Cli.Tests;

public sealed class TypedBytesTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("Hello", "48656c6c6f")]
    [InlineData(@"a\r\n", "610d0a")]
    [InlineData(@"\t\0\\", "09005c")]
    [InlineData(@"\xff\x00\xAb", "ff00ab")]
    [InlineData("\u00e9\U0001F44B", "c3a9f09f918b")]
    [InlineData(@"\x41BC", "414243")]
    [InlineData("say \\\"hi\\\"", "7361792022686922")]
    public void Text_becomes_UTF8_and_escapes_become_bytes(string text, string hex)
    {
        Assert.True(TypedBytes.TryUnescape(text, out var bytes, out _));
        Assert.Equal(hex, Convert.ToHexStringLower(bytes));
    }

    [Theory]
    [InlineData(@"\q", @"'\q'")]
    [InlineData(@"ends in \", @"'\'")]
    [InlineData(@"\xg1", @"'\xg1'")]
    [InlineData(@"\x1", @"'\x1'")]
    [InlineData(@"\x", @"'\x'")]
    public void An_unknown_escape_is_named(string text, string named)
    {
        Assert.False(TypedBytes.TryUnescape(text, out _, out var error));
        Assert.StartsWith(named, error, StringComparison.Ordinal);
    }
}
