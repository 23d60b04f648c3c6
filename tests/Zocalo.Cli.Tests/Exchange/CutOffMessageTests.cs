using System.Net.Sockets;

namespace Zocalo.Cli.Tests;

/// <summary>A peer that hangs up inside a message is never taken for one that has finished, whoever finished first.</summary>
public sealed class CutOffMessageTests : IDisposable
{
    private readonly Socket _listener = Peer.Listen();

    private string Address => $"127.0.0.1:{UsageTests.PortOf(_listener)}";

    public void Dispose() => _listener.Dispose();

    [Theory]
    [InlineData("async")]
    [InlineData("epoll")]
    [ThoroughData("select")]
    [ThoroughData("threads")]
    public async Task It_is_truncated_though_our_input_ended_first(string engine)
    {
        EngineOptionTests.SkipUnlessItRuns(engine);
        await AssertTruncatedAsync("fixed:7", "abcdefgabc", "abcdefg\n", "--engine", engine);
    }

    [Theory]
    [ThoroughData("len:u8", "\u0003abc\u0003a", "abc\n")]
    [InlineData("digits:5", "00003abc000", "abc\n")]
    [ThoroughData("netstring", "3:abc,3:abc", "abc\n")]
    [InlineData("nul", "abc\0a", "abc\n")]
    [ThoroughData("line:strict", "abc\r\na", "abc\n")]
    public async Task It_is_in_each_format(string format, string sent, string shown) => await AssertTruncatedAsync(format, sent, shown);

    [Fact]
    public async Task A_broken_format_is_a_protocol_error_though_our_input_ended_first()
    {
        await using var tool = ToolProcess.Start("connect", Address, "--frame", "digits:5", "--send", "x", "-v");
        using var server = await Peer.AcceptAsync(_listener);
        await server.ReceiveAllAsync();
        await server.SendAsync("HTTP/1.1");
        server.Finish();
        var result = await tool.ExitedAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Single(result.Errors, line => line.Contains(": ProtocolError, 8 in, 6 out; ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_peer_that_breaks_the_format_and_does_not_read_is_not_waited_for()
    {
        await using var tool = ToolProcess.Shell($"yes 12345 2> /dev/null | \"$ZOCALO\" connect {Address} --frame digits:5");
        using var server = await Peer.AcceptAsync(_listener);
        await server.ReceiveAsync(10);
        await server.SendAsync("HTTP/1.1");
        await tool.ErrorAsync("^zocalo: the peer broke the format");
        Assert.Equal(1, (await tool.ExitedAsync()).ExitCode);
    }

    [Fact]
    public async Task A_reset_after_our_input_ended_is_an_error_too()
    {
        await using var tool = ToolProcess.Start("connect", Address, "--frame", "fixed:7", "--send", "1234567");
        using var server = await Peer.AcceptAsync(_listener);
        await server.ReceiveAllAsync();
        await server.SendAsync("abcdefgabc");
        await tool.OutputAsync("abcdefg\n");
        server.Reset();
        Assert.Equal(1, (await tool.ExitedAsync()).ExitCode);
    }

    [Fact]
    public async Task A_listener_says_so_as_well()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "--frame", "fixed:7", "--send", "1234567");
        using var client = await Peer.ConnectAsync(await tool.PortAsync());
        Assert.Equal("1234567"u8.ToArray(), await client.ReceiveAllAsync());
        await client.SendAsync("abcdefgabc");
        client.Finish();
        var result = await tool.ExitedAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the peer finished inside a message", result.Error, StringComparison.Ordinal);
    }

    private async Task AssertTruncatedAsync(string format, string sent, string shown, params string[] options)
    {
        await using var tool = ToolProcess.Start(["connect", Address, "--frame", format, "-v", .. options]);
        using var server = await Peer.AcceptAsync(_listener);
        tool.EndInput();
        Assert.Empty(await server.ReceiveAllAsync());
        await server.SendAsync(sent);
        server.Finish();
        var result = await tool.ExitedAsync();
        Assert.Equal(shown, result.Output);
        Assert.Equal(1, result.ExitCode);
        Assert.Single(result.Errors, line => line.StartsWith("zocalo: the peer finished inside a message", StringComparison.Ordinal));
        Assert.Single(result.Errors, line => line.Contains($": Truncated, {sent.Length} in, 0 out; ", StringComparison.Ordinal));
    }
}
