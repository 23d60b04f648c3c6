using System.Buffers;
using System.Text;

namespace Zocalo.Cli.Tests;

public sealed class SafeTextTests
{
    [Theory]
    [InlineData("plain text\twith caf\u00e9 \u20ac \U0001F600\n", "plain text\twith caf\u00e9 \u20ac \U0001F600\n")]
    [InlineData("a\r\nb", "a\r\nb")]
    [InlineData("hidden\rshown", "hidden\\rshown")]
    [InlineData("a\r", "a\\r")]
    [InlineData("\e[2J\a\0\u007f", "\\x1b[2J\\x07\\x00\\x7f")]
    [InlineData("\u009b2J\u0085", "\\xc2\\x9b2J\\xc2\\x85")]
    public void Control_characters_are_escaped_wherever_the_text_is_split(string text, string shown)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var split = 0; split <= bytes.Length; split++)
        {
            Assert.Equal(shown, Show(bytes, split));
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, (byte)'a', 0xC3 }, "\\xffa\\xc3")]
    [InlineData(new byte[] { 0xC3, 0x28, 0xE2, 0x82 }, "\\xc3(\\xe2\\x82")]
    [InlineData(new byte[] { 0xC0, 0x9B, 0xED, 0xA0, 0x80 }, "\\xc0\\x9b\\xed\\xa0\\x80")]
    public void What_is_not_UTF8_is_escaped(byte[] bytes, string shown)
    {
        for (var split = 0; split <= bytes.Length; split++)
        {
            Assert.Equal(shown, Show(bytes, split));
        }
    }

    [Fact]
    public void A_message_stays_on_its_line()
    {
        var into = new ArrayBufferWriter<byte>();
        SafeText.Write("two\r\nlines\e"u8, isLast: true, keepsLines: false, into);
        Assert.Equal("two\\r\\nlines\\x1b", Encoding.UTF8.GetString(into.WrittenSpan));
    }

    [Theory]
    [InlineData("", "a\\x1b[1m\u00e9\\r")]
    [InlineData(" --frame close", "a\\x1b[1m\u00e9\\r\n")]
    public async Task The_tool_prints_it_so(string options, string printed)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the shell is a POSIX one");
        using var listener = Peer.Listen();
        await using var tool = ToolProcess.Shell(
            $"exec \"$ZOCALO\" connect 127.0.0.1:{UsageTests.PortOf(listener)} --print safe --send ''{options}");
        using var server = await Peer.AcceptAsync(listener);
        await server.SendAsync("a\e[1m\u00e9\r");
        server.Finish();
        Assert.Equal(printed, (await tool.ExitedAsync()).Output);
    }

    [Fact]
    public async Task A_terminal_gets_it_without_being_asked()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "script(1) is not installed");
        using var listener = Peer.Listen();
        var command = $"{ToolProcess.Program} connect 127.0.0.1:{UsageTests.PortOf(listener)} --send ''";
        await using var tool = ToolProcess.Command("/usr/bin/script", "-qec", command, "/dev/null");
        using var server = await Peer.AcceptAsync(listener);
        await server.SendAsync("a\e[1mb");
        server.Finish();
        await tool.OutputAsync("a\\x1b[1mb");
    }

    private static string Show(byte[] bytes, int split)
    {
        var into = new ArrayBufferWriter<byte>();
        var judged = SafeText.Write(bytes.AsSpan(0, split), isLast: false, keepsLines: true, into);
        Assert.InRange(split - judged, 0, 3);
        SafeText.Write(bytes.AsSpan(judged), isLast: true, keepsLines: true, into);
        return Encoding.UTF8.GetString(into.WrittenSpan);
    }
}
