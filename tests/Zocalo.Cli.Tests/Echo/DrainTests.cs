using System.Net.Sockets;

namespace Zocalo.Cli.Tests;

/// <summary>A stop has a bound, whatever the clients do; who was cut off sees that, and so does whoever stopped the server.</summary>
public sealed class DrainTests
{
    private const string Longer = "10m";        // than anybody here waits

    public DrainTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");

    [Theory]
    [ThoroughData("idle", "")]
    [ThoroughData("idle", "--frame digits:5")]
    [InlineData("half a message", "--frame digits:5")]
    [ThoroughData("never reads", "")]
    [InlineData("never reads", "--frame len:u8")]
    [ThoroughData("handler waits", "--reply-delay 10m")]
    public async Task Clients_that_do_not_finish_are_aborted_when_the_time_is_over(string behaviour, string options)
    {
        (var tool, var port) = await ToolProcess.EchoAsync(
            ["--drain-timeout", "200ms", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await BehaveAsync(client, tool, behaviour);
        tool.Signal(LibC.SignalTerminate);
        var result = await tool.ExitedAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("zocalo: 1 connection aborted: not finished within 200 ms (--drain-timeout)", result.Errors);
        Assert.Contains(result.Errors, line => line == "draining 1 connection; 200 ms at most, Ctrl-C again aborts it");
        await AssertResetAsync(client);
    }

    [Theory]
    [InlineData("idle", "", LibC.SignalInterrupt, 130)]
    [ThoroughData("half a message", "--frame digits:5", LibC.SignalTerminate, 143)]
    [ThoroughData("never reads", "", LibC.SignalInterrupt, 130)]
    [InlineData("handler waits", "--reply-delay 10m", LibC.SignalTerminate, 143)]
    public async Task The_second_signal_aborts_them_at_once(string behaviour, string options, int signal, int exitCode)
    {
        (var tool, var port) = await ToolProcess.EchoAsync(
            ["--drain-timeout", Longer, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await BehaveAsync(client, tool, behaviour);
        tool.Signal(LibC.SignalInterrupt);
        await tool.ErrorAsync("^draining 1 connection; 10 min at most, Ctrl-C again aborts it$");
        tool.Signal(signal);
        var result = await tool.ExitedAsync();
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains("zocalo: 1 connection aborted: at the second signal", result.Errors);
        await AssertResetAsync(client);
    }

    [Fact]
    public async Task A_handler_that_blocks_its_thread_is_left_behind()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--drain-timeout", "200ms", "--block-first", Longer);
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await client.SendAsync("x");
        await tool.ErrorAsync("^note: the first client's handler blocks");
        tool.Signal(LibC.SignalTerminate);
        Assert.Equal(1, (await tool.ExitedAsync()).ExitCode);
        await AssertResetAsync(client);
    }

    [Fact]
    public async Task Programs_read_the_bound_and_the_failure()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--json", "--drain-timeout", "1");
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await tool.ErrorAsync("\"connected\"");
        tool.Signal(LibC.SignalTerminate);
        await tool.ErrorAsync("\"event\":\"draining\",\"connections\":1,\"limitSeconds\":1}");
        await tool.ErrorAsync("\"event\":\"closed\".*\"reason\":\"Aborted\"");
        await tool.ErrorAsync("\"event\":\"error\",\"message\":\"1 connection aborted: .*\"exitCode\":1}");
        Assert.Equal(1, (await tool.ExitedAsync()).ExitCode);
    }

    [Fact]
    public async Task Quiet_says_no_more_than_the_failure()
    {
        var path = Path.Combine(Path.GetTempPath(), $"zocalo-{Guid.NewGuid():N}.sock");
        await using var tool = ToolProcess.Start("echo", $"unix:{path}", "-q", "--drain-timeout", "200ms");
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await Waiting.UntilAsync(() => TryConnect(client, path), "the server never listened");
        await client.SendAsync("x"u8.ToArray());
        Assert.Equal(1, await client.ReceiveAsync(new byte[1]).WaitAsync(ToolProcess.Patience));
        tool.Signal(LibC.SignalTerminate);
        var result = await tool.ExitedAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Equal(
            "zocalo: 1 connection aborted: not finished within 200 ms (--drain-timeout)",
            Assert.Single(result.Errors, line => line.StartsWith("zocalo", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(false, 1, "not finished within 200 ms (--drain-timeout)")]
    [InlineData(true, 143, "at the second signal")]
    public async Task Listen_k_cuts_its_client_as_well(bool secondSignal, int exitCode, string why)
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "-k", "--drain-timeout", secondSignal ? Longer : "200ms");
        using var client = await Peer.ConnectAsync(await tool.PortAsync());
        await client.SendAsync("x");
        await tool.OutputAsync("x");
        tool.Signal(LibC.SignalTerminate);
        await tool.ErrorAsync("^draining 1 connection; .* at most, Ctrl-C again aborts it$");
        if (secondSignal)
        {
            tool.Signal(LibC.SignalTerminate);
        }
        var result = await tool.ExitedAsync();
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains($"zocalo: 1 connection aborted: {why}", result.Errors);
        await AssertResetAsync(client);
    }

    private static bool TryConnect(Socket socket, string path)
    {
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task BehaveAsync(Peer client, ToolProcess tool, string behaviour)
    {
        await tool.ErrorAsync("^connected by ");
        switch (behaviour)
        {
            case "half a message": await client.SendAsync("00003on"); break;
            case "handler waits": client.Finish(); break;
            case "never reads": client.SendUntilNobodyTakesIt(); break;
        }
    }

    // What the server had sent before is there, and then no proper end.
    private static async Task AssertResetAsync(Peer client)
    {
        var reset = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            await client.ReceiveAllAsync();     // a FIN of the drain may come first
            await client.SendAsync("?");
            await client.SendAsync("?");
        });
        Assert.True(reset.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown, $"{reset.SocketErrorCode}");
    }
}
