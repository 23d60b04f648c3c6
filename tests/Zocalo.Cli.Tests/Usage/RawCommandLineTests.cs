namespace Zocalo.Cli.Tests;

/// <summary>Arguments are bytes; what is not UTF-8 is never changed in silence.</summary>
public sealed class RawCommandLineTests
{
    [Theory]
    [InlineData("connect :1 --send $'\\xff\\xfe'", "b\"\\xff\\xfe\"", "--send-hex fffe")]
    [ThoroughData("connect :1 --send=$'a\\xff'", "b\"--send=a\\xff\"", "--send-hex 61ff")]
    [ThoroughData("connect :1 --send $'\\\\n\\xff'", "b\"\\\\n\\xff\"", "--send-hex and their digits")]
    [ThoroughData("connect :1 --send $'\\xef\\xbf\\xbd' --send-hex $'\\xc3'", "b\"\\xc3\"", "--send-hex c3")]
    [InlineData("listen $'unix:/tmp/\\xff'", "b\"unix:/tmp/\\xff\"", "--send-hex")]
    public async Task An_argument_that_is_not_UTF8_is_an_error_that_names_the_way_out(string line, string argument, string cure)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux shows the bytes of the command line");
        var result = await ToolProcess.RunShellAsync($"exec \"$ZOCALO\" {line}");
        var error = Assert.Single(result.Errors);
        Assert.StartsWith($"zocalo: the argument {argument} is not UTF-8", error, StringComparison.Ordinal);
        Assert.Contains(cure, error, StringComparison.Ordinal);
        Assert.Equal(2, result.ExitCode);
    }

    [Theory]
    [InlineData("--send \uFFFD", new byte[] { 0xEF, 0xBF, 0xBD })]
    [ThoroughData("--send-hex fffe", new byte[] { 0xFF, 0xFE })]
    [InlineData("--send-hex 'FF 0a'", new byte[] { 0xFF, 0x0A })]
    [ThoroughData("--send-hex ''", new byte[0])]
    public async Task What_was_meant_is_sent(string options, byte[] sent)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the shell is a POSIX one");
        using var listener = Peer.Listen();
        await using var tool = ToolProcess.Shell($"exec \"$ZOCALO\" connect 127.0.0.1:{UsageTests.PortOf(listener)} {options}");
        using var server = await Peer.AcceptAsync(listener);
        Assert.Equal(sent, await server.ReceiveAllAsync());
    }

    [Fact]
    public async Task The_bytes_of_send_hex_are_one_message()
    {
        using var listener = Peer.Listen();
        await using var tool = ToolProcess.Start(
            "connect", $"127.0.0.1:{UsageTests.PortOf(listener)}", "--frame", "len:u8", "--send-hex", "ff00");
        using var server = await Peer.AcceptAsync(listener);
        Assert.Equal([2, 0xFF, 0], await server.ReceiveAllAsync());
    }
}
