using System.Text;
using System.Text.Json;

namespace Zocalo.Cli.Tests;

public sealed class FramedEchoTests
{
    [Fact]
    public async Task A_message_comes_back_when_it_is_whole_and_not_before()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--frame", "digits:5", "-v");
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        foreach (var letter in "00005hello0000")
        {
            await client.SendAsync($"{letter}");
        }
        Assert.Equal("00005hello", await client.ReceiveAsync(10));
        await tool.ErrorAsync($"^frame 1 from 127\\.0\\.0\\.1:{client.LocalPort}: 5 bytes, [0-9][0-9]:[0-9][0-9]:[0-9][0-9]\\.[0-9]{{3}}$");
        await client.SendAsync("0");
        client.Finish();
        Assert.Equal("00000"u8.ToArray(), await client.ReceiveAllAsync());
        await tool.ErrorAsync("^frame 2 from .*: 0 bytes, ");
        await tool.ErrorAsync($"^closed 127\\.0\\.0\\.1:{client.LocalPort}: PeerFinished, 15 in, 15 out$");
    }

    [Theory]
    [InlineData("digits:5", "00003one", "0000")]
    [ThoroughData("len:u16be", "\0\u0003one", "\0")]
    [InlineData("netstring", "3:one,", "3:one")]
    [ThoroughData("line", "one\n", "two")]
    public async Task A_cut_frame_ends_Truncated_after_the_whole_ones_came_back(string spec, string whole, string part)
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--frame", spec);
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await client.SendAsync(whole + part);
        client.Finish();
        Assert.Equal(whole, Encoding.UTF8.GetString(await client.ReceiveAllAsync()));
        await tool.ErrorAsync(
            $"^closed .*: Truncated, {whole.Length + part.Length} in, {whole.Length} out; .*at byte {whole.Length} of the stream");
    }

    [Theory]
    [InlineData("digits:5", "00003one0000x", "Digits\\(5\\): not a digit.*at byte 12 of the stream")]
    [InlineData("len:u16be,max=4", "\0\u0003one\0\u0005", "u16be.*over the limit: 5, at most 4")]
    [ThoroughData("netstring", "3:one,3:two;", "at byte 11 of the stream")]
    [ThoroughData("line:strict", "one\r\ntwo\n", "Lines.*at byte 8 of the stream")]
    public async Task A_corrupt_one_ends_ProtocolError_and_says_why(string spec, string sent, string reason)
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--frame", spec, "--once");
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await client.SendAsync(sent);
        Assert.Equal(
            sent[..sent.IndexOf("one", StringComparison.Ordinal)] + "one",
            await client.ReceiveAsync(sent.IndexOf("one", StringComparison.Ordinal) + 3));
        client.Finish();
        await client.ReceiveAllAsync();
        await tool.ErrorAsync($"^closed .*: ProtocolError, {sent.Length} in, [0-9]+ out; .*{reason}");
        var result = await tool.ExitedAsync();
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task Programs_read_the_same_as_JSON()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--frame", "digits:5", "--once", "-v", "--json");
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await client.SendAsync("00001a0000");
        client.Finish();
        await client.ReceiveAllAsync();
        JsonElement[] events = [.. (await tool.ExitedAsync()).Errors.Select(line => JsonDocument.Parse(line).RootElement)];
        var frame = events.Single(each => each.GetProperty("event").GetString() == "frame");
        Assert.Equal("received", frame.GetProperty("way").GetString());
        Assert.Equal(1, frame.GetProperty("number").GetInt64());
        Assert.Equal(1, frame.GetProperty("bytes").GetInt32());
        Assert.Equal(DateTimeOffset.UtcNow, frame.GetProperty("time").GetDateTimeOffset(), TimeSpan.FromMinutes(5));
        var closed = events.Single(each => each.GetProperty("event").GetString() == "closed");
        Assert.Equal(closed.GetProperty("id").GetInt64(), frame.GetProperty("id").GetInt64());
        Assert.Equal("Truncated", closed.GetProperty("reason").GetString());
        Assert.Contains("at byte 6 of the stream", closed.GetProperty("problem").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_v_nothing_is_said_of_messages()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--frame", "line", "--once", "--json");
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await client.SendAsync("one\ntwo\r\n");
        client.Finish();
        Assert.Equal("one\ntwo\n"u8.ToArray(), await client.ReceiveAllAsync());
        Assert.DoesNotContain("\"event\":\"frame\"", (await tool.ExitedAsync()).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_longer_than_the_usual_buffers_comes_back()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--frame", "len:u32be,max=16M", "-v");
        await using var _ = tool;
        await tool.ErrorAsync("^limits: .*; LengthPrefixed\\(u32be\\) messages of at most 16777216 bytes$");
        var message = new byte[10_000_000];
        new Random(4).NextBytes(message);
        byte[] frame = [0x00, 0x98, 0x96, 0x80, .. message];
        using var client = await Peer.ConnectAsync(port);
        await client.SendAsync(frame);
        client.Finish();
        Assert.Equal(frame, await client.ReceiveAllAsync());
    }

    [Fact]
    public async Task A_drain_waits_for_the_message_that_has_begun()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        (var tool, var port) = await ToolProcess.EchoAsync("--frame", "digits:5");
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await client.SendAsync("00001a00005he");
        Assert.Equal("00001a", await client.ReceiveAsync(6));
        tool.Signal(LibC.SignalTerminate);
        await tool.ErrorAsync("^draining 1 connection;");
        await client.SendAsync("llo");
        Assert.Equal("00005hello"u8.ToArray(), await client.ReceiveAllAsync());
        client.Finish();
        await tool.ErrorAsync("^closed .*: Drained, 16 in, 16 out$");
        Assert.Equal(0, (await tool.ExitedAsync()).ExitCode);
    }

    [Fact]
    public async Task Until_close_everything_is_one_message()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--frame", "close", "-v");
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await client.SendAsync("all ");
        await client.SendAsync("of it");
        client.Finish();
        Assert.Equal("all of it"u8.ToArray(), await client.ReceiveAllAsync());
        await tool.ErrorAsync("^frame 1 from .*: 9 bytes, ");
    }
}
