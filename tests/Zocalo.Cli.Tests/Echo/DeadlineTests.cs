using System.Net.Sockets;

namespace Zocalo.Cli.Tests;

/// <summary>Clients that take too long are ended, and the line says which limit it was.</summary>
public sealed class DeadlineTests
{
    [Theory]
    [InlineData("--first-byte", "FirstByte")]
    [InlineData("--idle", "Idle")]
    [InlineData("--deadline", "Lifetime")]
    public async Task A_silent_client_of_echo_is_ended(string option, string deadline)
    {
        (var echo, var port) = await ToolProcess.EchoAsync(option, "500ms");
        await using var _ = echo;
        using var client = await Peer.ConnectAsync(port);
        await echo.ErrorAsync($"^closed .*: DeadlineExceeded \\({deadline}\\), 0 in, 0 out$");
        await Assert.ThrowsAnyAsync<SocketException>(client.ReceiveAllAsync);
    }

    [Fact]
    public async Task A_client_that_has_begun_may_be_silent_after_its_first_byte()
    {
        (var echo, var port) = await ToolProcess.EchoAsync("--first-byte", "500ms", "--idle", "none");
        await using var _ = echo;
        using var begun = await Peer.ConnectAsync(port);
        await begun.SendAsync("a");
        using var silent = await Peer.ConnectAsync(port);
        await echo.ErrorAsync("^closed .*: DeadlineExceeded \\(FirstByte\\)");
        await begun.SendAsync("b");
        begun.Finish();
        Assert.Equal("ab"u8.ToArray(), await begun.ReceiveAllAsync());
    }

    [Fact]
    public async Task Silent_clients_that_fill_the_server_make_room()
    {
        (var echo, var port) = await ToolProcess.EchoAsync("--max-connections", "3", "--first-byte", "500ms");
        await using var _ = echo;
        using var first = await Peer.ConnectAsync(port);
        using var second = await Peer.ConnectAsync(port);
        using var third = await Peer.ConnectAsync(port);
        using var newcomer = await Peer.ConnectAsync(port);
        await newcomer.SendAsync("a");
        newcomer.Finish();
        Assert.Equal("a"u8.ToArray(), await newcomer.ReceiveAllAsync());
    }

    [Fact]
    public async Task Listen_has_the_limits_too()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "-v", "--idle", "500ms");
        using var client = await Peer.ConnectAsync(await tool.PortAsync());
        await Assert.ThrowsAnyAsync<SocketException>(client.ReceiveAllAsync);
        var result = await tool.ExitedAsync();
        Assert.Equal(124, result.ExitCode);
        Assert.Contains(result.Errors, line => line.Contains("Idle", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--idle soon", "--idle: 'soon' is not a time")]
    [InlineData("--first-byte 0", "--first-byte: '0' is too short")]
    public async Task A_limit_that_is_none_is_told(string option, string problem)
    {
        var result = await ToolProcess.RunAsync(["echo", ":0", .. option.Split(' ')]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(problem, string.Join('\n', result.Errors), StringComparison.Ordinal);
    }
}
