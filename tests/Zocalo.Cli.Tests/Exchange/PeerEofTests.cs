using System.Net.Sockets;

namespace Zocalo.Cli.Tests;

/// <summary>The peer's FIN ends what the peer sends, and nothing else.</summary>
public sealed class PeerEofTests : IDisposable
{
    private readonly Socket _listener = Peer.Listen();

    private string Address => $"127.0.0.1:{UsageTests.PortOf(_listener)}";

    public void Dispose() => _listener.Dispose();

    [Theory]
    [InlineData("async")]
    [InlineData("epoll")]
    [ThoroughData("select")]
    [ThoroughData("threads")]
    public async Task What_a_pipe_gives_long_after_the_peers_end_is_sent(string engine)
    {
        EngineOptionTests.SkipUnlessItRuns(engine);
        await using var tool = ToolProcess.Start("connect", Address, "-v", "--engine", engine);
        using var server = await Peer.AcceptAsync(_listener);
        await server.SendAsync("all I have to say");
        server.Finish();
        await tool.ErrorAsync("^note: .* has finished; standard input is still sent, and its end ends the conversation");

        // Its output ends here, as for '| tar x'; that it took a while shows that no patience of half a second is at work.
        Assert.Equal("all I have to say", await tool.OutputEndAsync());
        await Task.Delay(TimeSpan.FromSeconds(1));
        await tool.WriteAsync("late");
        Assert.Equal("late", await server.ReceiveAsync(4));
        await tool.WriteAsync("later");
        tool.EndInput();
        Assert.Equal("later"u8.ToArray(), await server.ReceiveAllAsync());
        Assert.Equal(0, (await tool.ExitedAsync()).ExitCode);
    }

    [Fact]
    public async Task A_listener_sends_its_input_to_a_client_that_has_finished()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0");
        using var client = await Peer.ConnectAsync(await tool.PortAsync());
        await client.SendAsync("request");
        client.Finish();
        Assert.Equal("request", await tool.OutputEndAsync());
        await tool.WriteAsync("answer");
        Assert.Equal("answer", await client.ReceiveAsync(6));
        tool.EndInput();
        Assert.Empty(await client.ReceiveAllAsync());
        Assert.Equal(0, (await tool.ExitedAsync()).ExitCode);
    }

    [Fact]
    public async Task A_send_that_fails_ends_the_run()
    {
        await using var tool = ToolProcess.Start("connect", Address);
        using (var server = await Peer.AcceptAsync(_listener))
        {
            server.Finish();
            await tool.OutputEndAsync();
        }
        // The first one is answered by a reset, one of the next ones fails.
        var exited = tool.ExitedAsync();
        while (!exited.IsCompleted)
        {
            try
            {
                await tool.WriteAsync("is anybody there?\n");
            }
            catch (IOException)
            {
                break;
            }
            await Task.WhenAny(exited, Task.Delay(20));
        }
        var result = await exited;
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("zocalo: reset by peer", Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("async")]
    [InlineData("epoll")]
    [ThoroughData("select")]
    [ThoroughData("threads")]
    public async Task A_reset_after_the_peers_end_ends_the_run_although_the_input_is_silent(string engine)
    {
        EngineOptionTests.SkipUnlessItRuns(engine);
        await using var tool = ToolProcess.Start("connect", Address, "--engine", engine);
        using var server = await Peer.AcceptAsync(_listener);
        server.Finish();
        await tool.OutputEndAsync();
        server.Reset();
        var result = await tool.ExitedAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("zocalo: reset by peer", Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_exit_what_a_pipe_is_about_to_say_is_still_sent()
    {
        await using var tool = ToolProcess.Start("connect", Address, "-v", "--peer-eof", "exit");
        using var server = await Peer.AcceptAsync(_listener);
        await tool.WriteAsync("already there");
        server.Finish();
        Assert.Equal("already there"u8.ToArray(), await server.ReceiveAllAsync());
        var result = await tool.ExitedAsync();
        Assert.Equal(0, result.ExitCode);
        const string Note = "has finished; that ends the conversation (--peer-eof continue would send standard input to its end)";
        Assert.Single(result.Errors, line => line.EndsWith(Note, StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_exit_an_input_that_never_pauses_ends_too()
    {
        await using var tool = ToolProcess.Shell($"yes 2> /dev/null | \"$ZOCALO\" connect {Address} --peer-eof exit");
        using var server = await Peer.AcceptAsync(_listener);
        server.Finish();
        Assert.NotEmpty(await server.ReceiveAllAsync());
        Assert.Equal(0, (await tool.ExitedAsync()).ExitCode);
    }

    [Fact]
    public async Task With_recv_only_the_sending_direction_stays_open_and_standard_input_is_not_read()
    {
        await using var tool = ToolProcess.Shell($"(\"$ZOCALO\" connect {Address} --recv-only; cat)");
        using var server = await Peer.AcceptAsync(_listener);
        await tool.WriteAsync("not for the server");
        tool.EndInput();
        await server.SendAsync("take this;");
        await tool.OutputAsync("take this;");
        Assert.False(server.HasNews, "it sent, or finished");
        server.Finish();
        Assert.Empty(await server.ReceiveAllAsync());
        Assert.Equal("take this;not for the server", (await tool.ExitedAsync()).Output);
    }

    [Theory]
    [InlineData("", "a line\n")]
    [InlineData(" --frame len:u8", "\u0006a line")]
    public async Task With_send_only_what_comes_is_thrown_away_and_the_inputs_end_ends_all(string options, string sent)
    {
        await using var tool = ToolProcess.Shell($"exec \"$ZOCALO\" connect {Address} --send-only{options}");
        using var server = await Peer.AcceptAsync(_listener);
        await server.SendAsync(new byte[3_000_000]);
        await tool.WriteAsync("a line\n");
        Assert.Equal(sent, await server.ReceiveAsync(sent.Length));
        tool.EndInput();
        Assert.Empty(await server.ReceiveAllAsync());
        server.Finish();
        var result = await tool.ExitedAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Empty(result.Errors);
    }
}
