using System.Net;
using System.Net.Sockets;

namespace Zocalo.Cli.Tests;

public sealed class ConnectTests : IDisposable
{
    private readonly Socket _listener = Peer.Listen();

    private string Address => $"127.0.0.1:{UsageTests.PortOf(_listener)}";

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Standard_input_ends_with_a_FIN_and_a_late_reply_arrives_whole()
    {
        await using var tool = ToolProcess.Start("connect", Address);
        using var server = await Peer.AcceptAsync(_listener);
        await tool.WriteAsync("question");
        tool.EndInput();
        Assert.Equal("question"u8.ToArray(), await server.ReceiveAllAsync());

        // Not a wait for anything: a tool that hangs up at its own FIN has two seconds to do so.
        await Task.Delay(TimeSpan.FromSeconds(2));
        var reply = new byte[1_000_000];
        new Random(1).NextBytes(reply);
        await server.SendAsync(reply);
        server.Finish();
        var result = await tool.ExitedAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(reply, result.OutputBytes);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public async Task Both_directions_run_at_once()
    {
        await using var tool = ToolProcess.Start("connect", Address);
        using var server = await Peer.AcceptAsync(_listener);
        await server.SendAsync("server first");
        await tool.OutputAsync("server first");
        await tool.WriteAsync("one");
        Assert.Equal("one", await server.ReceiveAsync(3));
        await server.SendAsync("two");
        await tool.OutputAsync("two");
        await tool.WriteAsync("three");
        Assert.Equal("three", await server.ReceiveAsync(5));
    }

    [Fact]
    public async Task Host_and_port_may_be_two_words()
    {
        await using var tool = ToolProcess.Start("connect", "127.0.0.1", $"{UsageTests.PortOf(_listener)}", "--send", "x");
        using var server = await Peer.AcceptAsync(_listener);
        Assert.Equal("x"u8.ToArray(), await server.ReceiveAllAsync());
    }

    [Fact]
    public async Task An_IPv6_address_needs_no_brackets_as_a_word()
    {
        Assert.SkipUnless(Machine.HasIPv6, "this machine has no IPv6");
        using var listener = Peer.Listen(address: IPAddress.IPv6Loopback);
        await using var tool = ToolProcess.Start("connect", "::1", $"{UsageTests.PortOf(listener)}", "--send", "six");
        using var server = await Peer.AcceptAsync(listener);
        Assert.Equal("six"u8.ToArray(), await server.ReceiveAllAsync());
    }

    [Fact]
    public async Task Send_replaces_standard_input_and_knows_escapes()
    {
        await using var tool = ToolProcess.Start("connect", Address, "--send", @"caf\xc3\xa9 é\r\n\0");
        await tool.WriteAsync("not this");
        using var server = await Peer.AcceptAsync(_listener);
        Assert.Equal([.. "café é\r\n"u8, 0], await server.ReceiveAllAsync());
    }

    [Theory]
    [InlineData("text", "Hi \"you\"\n")]
    [ThoroughData("repr", "b\"Hi \\\"you\\\"\\n\"\n")]
    [InlineData("hex", "00000000  48 69 20 22 79 6f 75 22  0a                       |Hi \"you\".|\n")]
    public async Task What_arrives_is_printed_in_the_form_asked_for(string form, string printed)
    {
        await using var tool = ToolProcess.Start("connect", Address, "--print", form, "--send", "");
        using var server = await Peer.AcceptAsync(_listener);
        await server.SendAsync("Hi \"you\"\n");
        server.Finish();
        var result = await tool.ExitedAsync();
        Assert.Equal(printed, result.Output);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task With_eof_close_nothing_more_is_printed()
    {
        await using var tool = ToolProcess.Start("connect", Address, "--eof", "close", "--send", "bye");
        using var server = await Peer.AcceptAsync(_listener);
        Assert.Equal("bye"u8.ToArray(), await server.ReceiveAllAsync());
        await server.SendAsync("too late");
        server.Finish();
        var result = await tool.ExitedAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public async Task With_eof_keep_the_FIN_waits_for_the_peers()
    {
        await using var tool = ToolProcess.Start("connect", Address, "--eof", "keep", "--send", "hold the line");
        using var server = await Peer.AcceptAsync(_listener);
        Assert.Equal("hold the line", await server.ReceiveAsync(13));
        var rest = server.ReceiveAllAsync();
        await server.SendAsync("ok");
        await tool.OutputAsync("ok");
        Assert.False(rest.IsCompleted, "the FIN came before the peer's");
        server.Finish();
        Assert.Empty(await rest);
        Assert.Equal(0, (await tool.ExitedAsync()).ExitCode);
    }

    [Fact]
    public async Task With_peer_eof_exit_a_peer_that_finishes_first_ends_the_tool_although_its_input_is_open()
    {
        await using var tool = ToolProcess.Start("connect", Address, "--peer-eof", "exit");
        using var server = await Peer.AcceptAsync(_listener);
        await tool.WriteAsync("already there");
        Assert.Equal("already there", await server.ReceiveAsync(13));
        await server.SendAsync("bye");
        server.Finish();
        var result = await tool.ExitedAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("bye", result.Output);
        Assert.Empty(await server.ReceiveAllAsync());
    }

    [Fact]
    public async Task A_file_is_sent_to_its_end_although_the_peer_finished_first()
    {
        var file = Path.GetTempFileName();
        var content = new byte[8_000_000];
        await File.WriteAllBytesAsync(file, content);
        await using var tool = ToolProcess.Shell($"exec \"$ZOCALO\" connect {Address} < {file}");
        using var server = await Peer.AcceptAsync(_listener);
        server.Finish();
        Assert.Equal(content.Length, (await server.ReceiveAllAsync()).Length);
        Assert.Equal(0, (await tool.ExitedAsync()).ExitCode);
        File.Delete(file);
    }

    [Fact]
    public async Task Verbose_tells_of_the_beginning_and_the_totals_at_the_end()
    {
        await using var tool = ToolProcess.Start("connect", Address, "-v", "--send", "12345");
        using var server = await Peer.AcceptAsync(_listener);
        await tool.ErrorAsync($"^connected to tcp://{Address} from 127\\.0\\.0\\.1:[0-9]+ \\(engine: {Engine.Auto.Name}\\)$");
        await server.ReceiveAllAsync();
        await server.SendAsync("123");
        server.Finish();
        await tool.ErrorAsync($"^closed {Address}: Completed, 3 in, 5 out$");
        Assert.Equal("123", (await tool.ExitedAsync()).Output);
    }

    [Fact]
    public async Task The_payload_and_nothing_else_is_on_standard_output()
    {
        await using var tool = ToolProcess.Start("connect", Address, "-v", "--json", "--send", "");
        using var server = await Peer.AcceptAsync(_listener);
        await server.SendAsync([0, 255, 10, 13, 27]);
        server.Finish();
        Assert.Equal([0, 255, 10, 13, 27], (await tool.ExitedAsync()).OutputBytes);
    }
}
