using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Zocalo.Cli.Tests;

public sealed class EchoTests
{
    [Fact]
    public async Task It_says_where_it_listens_who_can_reach_it_and_its_limits()
    {
        await using var tool = ToolProcess.Start("echo", "127.0.0.1:0", "-v");
        await tool.ErrorAsync($"^listening on tcp://127\\.0\\.0\\.1:[1-9][0-9]* \\(this machine only; engine: {Engine.Auto.Name}\\)$");
        await tool.ErrorAsync("^limits: .*connections.*; a peer that takes nothing for 60 s is cut$");
    }

    [Fact]
    public async Task Its_limits_are_told_to_who_asks_for_more()
    {
        (var tool, var _) = await ToolProcess.EchoAsync("--max-connections", "1");
        await using var __ = tool;
        tool.Signal(LibC.SignalTerminate);
        Assert.StartsWith("listening on ", Assert.Single((await tool.ExitedAsync()).Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_connection_is_not_1_connections_and_times_have_units()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--max-connections", "1", "-v");
        await using var _ = tool;
        using var first = await Peer.ConnectAsync(port);
        await tool.ErrorAsync("^warning: The limit on connections \\(1\\) is reached;");
        tool.Signal(LibC.SignalTerminate);
        await tool.ErrorAsync("^draining 1 connection; 5 s at most, Ctrl-C again aborts it$");
        first.Finish();
        var result = await tool.ExitedAsync();
        Assert.DoesNotContain("1 connections", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("00:00", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_tells_of_each_client_and_how_it_ended()
    {
        (var tool, var port) = await ToolProcess.EchoAsync();
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await tool.ErrorAsync($"^connected by 127\\.0\\.0\\.1:{client.LocalPort}$");
        await client.SendAsync("Hello world! This is an echo server made with C#.");
        client.Finish();
        Assert.Equal(49, (await client.ReceiveAllAsync()).Length);
        await tool.ErrorAsync($"^closed 127\\.0\\.0\\.1:{client.LocalPort}: PeerFinished, 49 in, 49 out$");

        using var rude = await Peer.ConnectAsync(port);
        await rude.SendAsync("x");
        Assert.Equal("x", await rude.ReceiveAsync(1));
        var rudePort = rude.LocalPort;
        rude.Reset();
        await tool.ErrorAsync($"^closed 127\\.0\\.0\\.1:{rudePort}: Reset.*, 1 in, 1 out$");
    }

    [Theory]
    [InlineData("copy")]
    [InlineData("plain")]
    public async Task Either_handler_sends_back_every_byte(string handler)
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--handler", handler, "--engine", "async");
        await using var _ = tool;
        var sent = new byte[3_000_000];
        new Random(5346).NextBytes(sent);
        using var client = await Peer.ConnectAsync(port);
        var sending = Task.Run(async () =>
        {
            await client.SendAsync(sent);
            client.Finish();
        });
        Assert.Equal(sent, await client.ReceiveAllAsync());
        await sending;
    }

    [Theory]
    [InlineData("select")]
    [InlineData("epoll")]
    public async Task With_a_listener_for_each_loop_every_client_is_served_and_another_server_is_refused(string engine)
    {
        EngineOptionTests.SkipUnlessItRuns(engine);
        string[] perLoop = ["--per-loop", "--engine", engine, "--loops", "4"];
        (var tool, var port) = await ToolProcess.EchoAsync(perLoop);
        await using var _ = tool;
        for (var i = 0; i < 20; i++)
        {
            using var client = await Peer.ConnectAsync(port);
            await client.SendAsync("hey");
            client.Finish();
            Assert.Equal("hey"u8.ToArray(), await client.ReceiveAllAsync());
        }
        await using var second = ToolProcess.Start(["echo", $"127.0.0.1:{port}", .. perLoop]);
        Assert.Equal(1, (await second.ExitedAsync()).ExitCode);
        tool.Signal(LibC.SignalTerminate);
        Assert.Equal(0, (await tool.ExitedAsync()).ExitCode);
    }

    [Fact]
    public async Task With_once_it_ends_after_one_connection()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--once");
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await client.SendAsync("a");
        client.Finish();
        Assert.Equal("a"u8.ToArray(), await client.ReceiveAllAsync());
        var result = await tool.ExitedAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.EndsWith("PeerFinished, 1 in, 1 out", result.Events[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(result.Events, line => line.StartsWith("warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_a_reply_delay_the_reply_comes_after_the_FIN_and_whole()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--reply-delay", "700ms");
        await using var _ = tool;
        var sent = Encoding.ASCII.GetBytes(new string('q', 300_000));
        using var client = await Peer.ConnectAsync(port);
        await client.SendAsync(sent);
        var finished = Stopwatch.GetTimestamp();
        client.Finish();
        Assert.Equal(sent, await client.ReceiveAllAsync());
        Assert.True(Stopwatch.GetElapsedTime(finished) > TimeSpan.FromMilliseconds(500), "the reply did not wait for the delay");
    }

    [Fact]
    public async Task A_connection_above_the_limit_waits_for_its_turn()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--max-connections", "1", "--backlog", "8", "-v");
        await using var _ = tool;
        await tool.ErrorAsync("^limits: 1 connection at once;");
        using var first = await Peer.ConnectAsync(port);
        await first.SendAsync("1");
        Assert.Equal("1", await first.ReceiveAsync(1));
        using var second = await Peer.ConnectAsync(port);
        await second.SendAsync("2");
        first.Finish();
        await first.ReceiveAllAsync();
        Assert.Equal("2", await second.ReceiveAsync(1));
    }

    [Fact]
    public async Task A_descriptor_limit_that_lowers_the_connections_is_shown_with_its_cure()
    {
        await using var tool = ToolProcess.Shell("ulimit -n 300; exec \"$ZOCALO\" echo 127.0.0.1:0 --engine async -v");
        await tool.ErrorAsync("^limits: 236 connections at once \\(the descriptor limit; 'ulimit -n' raises it\\);");
    }

    [Fact]
    public async Task An_address_in_use_is_a_network_error()
    {
        using var other = Peer.Listen();
        var result = await ToolProcess.RunAsync(
            "echo", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{UsageTests.PortOf(other)}"));
        Assert.Equal(1, result.ExitCode);
        Assert.Matches("^zocalo: .*in use", Assert.Single(result.Errors));
    }

    [Fact]
    public async Task Two_servers_cannot_share_a_port()
    {
        (var tool, var port) = await ToolProcess.EchoAsync();
        await using var _ = tool;
        await using var second = ToolProcess.Start("echo", $"127.0.0.1:{port}");
        var result = await second.ExitedAsync();
        Assert.Equal(1, result.ExitCode);
    }

    [Fact]
    public async Task Quiet_is_quiet()
    {
        using var probe = Peer.Listen();
        var port = UsageTests.PortOf(probe);
        probe.Dispose();
        await using var tool = ToolProcess.Start("echo", $"127.0.0.1:{port}", "-q", "--once");
        using var client = await ConnectWhenItListensAsync(port);
        client.Finish();
        await client.ReceiveAllAsync();
        var result = await tool.ExitedAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public async Task A_Unix_socket_serves_as_well()
    {
        var path = Path.Combine(Path.GetTempPath(), $"zocalo-{Guid.NewGuid():N}.sock");
        await using var server = ToolProcess.Start("echo", $"unix:{path}");
        await server.ErrorAsync("^listening on unix:.*\\(this machine only");
        var client = await ToolProcess.RunAsync("connect", $"unix:{path}", "--send", "hey");
        Assert.Equal("hey", client.Output);
        await server.ErrorAsync("^connected by unix client [0-9]+$");
        await server.ErrorAsync("^closed unix client [0-9]+: PeerFinished, 3 in, 3 out$");
        server.Signal(LibC.SignalTerminate);
        Assert.Equal(0, (await server.ExitedAsync()).ExitCode);
        Assert.False(File.Exists(path), "the server left its socket's file behind");
    }

    [Fact]
    public async Task On_a_leash_it_ends_with_its_parents_end_of_the_pipe()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--until-stdin-closes");
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await tool.ErrorAsync("^connected by");
        var result = await tool.FinishAsync();
        Assert.Equal(0, result.ExitCode);
    }

    // -q says nothing, not even that it listens: knocking is the only way to know.
    private static async Task<Peer> ConnectWhenItListensAsync(int port)
    {
        Peer? client = null;
        await Waiting.UntilAsync(async () => (client = await Peer.TryConnectAsync(port)) is not null, "the server never listened");
        return client!;
    }
}
