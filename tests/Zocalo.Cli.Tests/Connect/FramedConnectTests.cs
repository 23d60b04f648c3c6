using System.Net.Sockets;
using System.Text;

namespace Zocalo.Cli.Tests;

public sealed class FramedConnectTests : IDisposable
{
    private readonly Socket _listener = Peer.Listen();

    private string Address => $"127.0.0.1:{UsageTests.PortOf(_listener)}";

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Each_line_is_a_message_and_each_message_a_line()
    {
        await using var tool = ToolProcess.Start("connect", Address, "--frame", "digits:5");
        using var server = await Peer.AcceptAsync(_listener);
        await tool.WriteAsync("hello\n\nno line y");
        Assert.Equal("00005hello00000", await server.ReceiveAsync(15));
        await server.SendAsync("00002hi0000");
        await tool.OutputAsync("hi\n");
        await server.SendAsync("3bye");
        await tool.OutputAsync("bye\n");
        await tool.WriteAsync("et");
        tool.EndInput();
        Assert.Equal("00011no line yet"u8.ToArray(), await server.ReceiveAllAsync());
        server.Finish();
        var result = await tool.ExitedAsync();
        Assert.Equal("hi\nbye\n", result.Output);
        Assert.Empty(result.Errors);
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData("text", "a\u0001\n\n\n")]
    [InlineData("repr", "b\"a\\x01\\n\"\nb\"\"\n")]
    [InlineData("hex", "61010a\n\n")]
    public async Task Messages_are_printed_in_the_form_asked_for(string form, string printed)
    {
        await using var tool = ToolProcess.Start("connect", Address, "--frame", "len:u8", "--print", form);
        using var server = await Peer.AcceptAsync(_listener);
        await server.SendAsync("\u0003a\u0001\n\0");
        server.Finish();
        tool.EndInput();
        Assert.Equal(printed, (await tool.ExitedAsync()).Output);
    }

    [Theory]
    [InlineData(@"one\ntwo\0", "\u0008one\ntwo\0")]
    [InlineData("", "\0")]
    public async Task The_text_of_send_is_one_message(string text, string frame)
    {
        await using var tool = ToolProcess.Start("connect", Address, "--frame", "len:u8", "--send", text);
        using var server = await Peer.AcceptAsync(_listener);
        Assert.Equal(frame, Encoding.Latin1.GetString(await server.ReceiveAllAsync()));
    }

    [Theory]
    [InlineData("escapes", "\\x00\\n\n", "\u0002\0\n")]
    [InlineData("hex", "000a\n", "\u0002\0\n")]
    [ThoroughData("raw", "a\nb\n", "\u0004a\nb\n")]
    public async Task Standard_input_may_be_written_in_other_forms(string form, string input, string frame)
    {
        await using var tool = ToolProcess.Start("connect", Address, "--frame", "len:u8", "--input", form);
        using var server = await Peer.AcceptAsync(_listener);
        await tool.WriteAsync(input);
        tool.EndInput();
        Assert.Equal(frame, Encoding.Latin1.GetString(await server.ReceiveAllAsync()));
    }

    [Theory]
    [InlineData("fixed:3", "to\n", "^zocalo: line 2: .*3 bytes, not of 2")]
    [ThoroughData("fixed:3", "toolong\n", "^zocalo: line 2 has more than 3 bytes")]
    [InlineData("delim:2c", "a,b\n", "^zocalo: line 2: .*delimiter")]
    [ThoroughData("len:u8,max=3", "toolong\n", "^zocalo: line 2 has more than 3 bytes")]
    public async Task A_line_that_cannot_be_a_message_ends_it_and_nothing_of_it_is_sent(string spec, string line, string problem)
    {
        await using var tool = ToolProcess.Start("connect", Address, "--frame", spec);
        using var server = await Peer.AcceptAsync(_listener);
        await tool.WriteAsync("abc\n");
        var first = spec switch { "fixed:3" => "abc", "delim:2c" => "abc,", _ => "\u0003abc" };
        Assert.Equal(first, await server.ReceiveAsync(first.Length));
        await tool.WriteAsync(line);
        await tool.ErrorAsync(problem);
        var result = await tool.ExitedAsync();
        Assert.Single(result.Errors);
        Assert.Equal(2, result.ExitCode);

        // Cut in the middle of the input: not a proper end, and no byte more.
        var reset = await Assert.ThrowsAsync<SocketException>(server.ReceiveAllAsync);
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    [Fact]
    public async Task A_text_of_send_that_cannot_be_a_message_is_refused_by_name()
    {
        await using var tool = ToolProcess.Start("connect", Address, "--frame", "fixed:3", "--send", "four");
        using var server = await Peer.AcceptAsync(_listener);
        var result = await tool.ExitedAsync();
        Assert.StartsWith("zocalo: --send: ", Assert.Single(result.Errors), StringComparison.Ordinal);
        Assert.Equal(2, result.ExitCode);
    }

    [Theory]
    [InlineData("00003one0000",
        "^zocalo: the peer finished inside a message after 12 bytes in, 0 out: Digits.*at byte 8 of the stream\\); it was cut off, or")]
    [InlineData("00003oneHTTP/",
        "^zocalo: the peer broke the format after 13 bytes in, 0 out: Digits.*at byte 8 of the stream\\); is --frame what it speaks")]
    public async Task A_peer_that_breaks_the_format_is_a_network_error_after_what_came_whole(string sent, string problem)
    {
        await using var tool = ToolProcess.Start("connect", Address, "--frame", "digits:5");
        using var server = await Peer.AcceptAsync(_listener);
        await server.SendAsync(sent);
        server.Finish();
        await tool.ErrorAsync(problem);
        var result = await tool.ExitedAsync();
        Assert.Equal("one\n", result.Output);
        Assert.Equal(1, result.ExitCode);
    }

    [Fact]
    public async Task Verbose_tells_of_each_message_its_number_size_and_time()
    {
        await using var tool = ToolProcess.Start("connect", Address, "--frame", "netstring", "-v", "--send", "hello");
        using var server = await Peer.AcceptAsync(_listener);
        Assert.Equal("5:hello,", await server.ReceiveAsync(8));
        await server.SendAsync("1:a,0:,");
        server.Finish();
        var result = await tool.ExitedAsync();
        const string Time = "[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}$";
        Assert.Single(result.Errors, line => System.Text.RegularExpressions.Regex.IsMatch(line, $"^frame 1 to {Address}: 5 bytes, {Time}"));
        Assert.Single(
            result.Errors, line => System.Text.RegularExpressions.Regex.IsMatch(line, $"^frame 1 from {Address}: 1 byte, {Time}"));
        Assert.Single(
            result.Errors, line => System.Text.RegularExpressions.Regex.IsMatch(line, $"^frame 2 from {Address}: 0 bytes, {Time}"));
        Assert.Equal("a\n\n", result.Output);
    }

    [Fact]
    public async Task A_hundred_thousand_messages_go_there_and_back()
    {
        (var echo, var port) = await ToolProcess.EchoAsync("--frame", "varint");
        await using var _ = echo;
        var lines = string.Concat(Enumerable.Range(0, 100_000).Select(number => $"{number}\n"));
        await using var tool = ToolProcess.Start("connect", $":{port}", "--frame", "varint");
        await tool.WriteAsync(lines);
        var result = await tool.FinishAsync();
        Assert.Equal("", result.Error);
        Assert.Equal(lines, result.Output);
    }

    [Fact]
    public async Task Listen_speaks_messages_as_well_and_with_k_a_line_is_never_lost_between_two_clients()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "-k", "--frame", "len:u8", "--print", "repr");
        var port = await tool.PortAsync();
        using (var client = await Peer.ConnectAsync(port))
        {
            await tool.WriteAsync("one\nhalf of a li");
            Assert.Equal("\u0003one", await client.ReceiveAsync(4));
            await client.SendAsync("\u0003uno");
            await tool.OutputAsync("b\"uno\"\n");
            client.Finish();
            Assert.Empty(await client.ReceiveAllAsync());
        }
        using var next = await Peer.ConnectAsync(port);
        await tool.WriteAsync("ne\n");
        Assert.Equal("\u000ehalf of a line", await next.ReceiveAsync(15));
    }

    [Fact]
    public async Task With_k_a_client_that_breaks_the_format_ends_only_itself()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "-k", "--frame", "digits:5");
        var port = await tool.PortAsync();
        using (var broken = await Peer.ConnectAsync(port))
        {
            await broken.SendAsync("GET /");
            broken.Finish();
            await tool.ErrorAsync("^zocalo: the peer broke the format after 5 bytes in, 0 out");
        }
        using var next = await Peer.ConnectAsync(port);
        await next.SendAsync("00004next");
        await tool.OutputAsync("next\n");
    }
}
