namespace Zocalo.Cli.Tests;

public sealed class SignalTests
{
    private const int Interrupt = LibC.SignalInterrupt;
    private const int Terminate = LibC.SignalTerminate;

    public SignalTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signals");

    [Theory]
    [InlineData(Interrupt)]
    [InlineData(Terminate)]
    public async Task An_idle_echo_server_ends_with_0(int signal)
    {
        (var tool, var _) = await ToolProcess.EchoAsync();
        await using var __ = tool;
        tool.Signal(signal);
        var result = await tool.ExitedAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("draining", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Interrupt)]
    [InlineData(Terminate)]
    public async Task A_busy_echo_server_drains_says_so_and_ends_with_0(int signal)
    {
        (var tool, var port) = await ToolProcess.EchoAsync();
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await client.SendAsync("busy");
        Assert.Equal("busy", await client.ReceiveAsync(4));
        tool.Signal(signal);
        await tool.ErrorAsync("^draining 1 connection; 5 s at most, Ctrl-C again aborts it$");
        Assert.Empty(await client.ReceiveAllAsync());
        client.Finish();
        var result = await tool.ExitedAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.EndsWith("Drained, 4 in, 4 out", result.Events[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task SIGINT_counts_also_when_a_shell_had_it_ignored()
    {
        await using var tool = ToolProcess.Shell("trap '' INT; exec \"$ZOCALO\" echo 127.0.0.1:0");
        await tool.PortAsync();
        tool.Signal(Interrupt);
        Assert.Equal(0, (await tool.ExitedAsync()).ExitCode);
    }

    [Theory]
    [InlineData(Interrupt, 130)]
    [InlineData(Terminate, 143)]
    public async Task Connect_ends_at_once_and_its_peer_sees_a_reset(int signal, int exitCode)
    {
        using var listener = Peer.Listen();
        await using var tool = ToolProcess.Start("connect", $"127.0.0.1:{UsageTests.PortOf(listener)}");
        using var server = await Peer.AcceptAsync(listener);
        await tool.WriteAsync("hel");
        Assert.Equal("hel", await server.ReceiveAsync(3));
        tool.Signal(signal);
        var result = await tool.ExitedAsync();
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Empty(result.Errors);
        var reset = await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(server.ReceiveAllAsync);
        Assert.Equal(System.Net.Sockets.SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    [Fact]
    public async Task What_connect_has_sent_and_finished_is_not_taken_back_by_a_signal()
    {
        using var listener = Peer.Listen();
        await using var tool = ToolProcess.Start("connect", $"127.0.0.1:{UsageTests.PortOf(listener)}", "--send", "all of it");
        using var server = await Peer.AcceptAsync(listener);
        Assert.Equal("all of it", await server.ReceiveAsync(9));
        Assert.Empty(await server.ReceiveAllAsync());
        tool.Signal(Interrupt);
        Assert.Equal(130, (await tool.ExitedAsync()).ExitCode);
        Assert.Empty(await server.ReceiveAllAsync());
    }

    [Theory]
    [InlineData(Interrupt, 130)]
    [ThoroughData(Terminate, 143)]
    public async Task Listen_ends_at_once_while_it_waits_and_while_it_serves(int signal, int exitCode)
    {
        await using var waiting = ToolProcess.Start("listen", "127.0.0.1:0");
        await waiting.PortAsync();
        waiting.Signal(signal);
        Assert.Equal(exitCode, (await waiting.ExitedAsync()).ExitCode);

        await using var serving = ToolProcess.Start("listen", "127.0.0.1:0");
        using var client = await Peer.ConnectAsync(await serving.PortAsync());
        await client.SendAsync("x");
        await serving.OutputAsync("x");
        serving.Signal(signal);
        Assert.Equal(exitCode, (await serving.ExitedAsync()).ExitCode);
    }

    [Fact]
    public async Task Listen_k_lets_its_client_finish_and_ends_with_0()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "-k");
        using var client = await Peer.ConnectAsync(await tool.PortAsync());
        await client.SendAsync("x");
        await tool.OutputAsync("x");
        tool.Signal(Terminate);
        await tool.ErrorAsync("^draining 1 connection;");
        Assert.Empty(await client.ReceiveAllAsync());
        await client.SendAsync("y");
        await tool.OutputAsync("xy");
        client.Finish();
        Assert.Equal(0, (await tool.ExitedAsync()).ExitCode);
    }

    [Fact]
    public async Task Listen_k_that_waits_ends_with_0()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "-k");
        await tool.PortAsync();
        tool.Signal(Interrupt);
        Assert.Equal(0, (await tool.ExitedAsync()).ExitCode);
    }
}
