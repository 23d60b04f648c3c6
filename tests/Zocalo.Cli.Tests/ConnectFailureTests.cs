using System.Net.Sockets;

namespace Zocalo.Cli.Tests;

/// <summary>Exit codes 1 and 124: one line that says what to do, and what had arrived is printed all the same.</summary>
public sealed class ConnectFailureTests : IDisposable
{
    private readonly Socket _listener = Peer.Listen();

    private string Address => $"127.0.0.1:{UsageTests.PortOf(_listener)}";

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task A_refused_connection_is_a_network_error_in_one_line()
    {
        string address = Address;
        _listener.Dispose();
        ToolResult result = await ToolProcess.RunAsync("connect", address);
        Assert.Equal(1, result.ExitCode);
        Assert.Matches("^zocalo: .*refused.*", Assert.Single(result.Errors));
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_a_network_error_in_one_line()
    {
        ToolResult result = await ToolProcess.RunAsync("connect", "nosuchhost.invalid:80");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("nosuchhost.invalid", Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_peer_that_resets_is_a_network_error_with_the_totals()
    {
        await using ToolProcess tool = ToolProcess.Start("connect", Address, "--send", "12345", "--eof", "keep");
        using Peer server = await Peer.AcceptAsync(_listener);
        Assert.Equal("12345", await server.ReceiveAsync(5));
        await server.SendAsync("123");
        await tool.OutputAsync("123");
        server.Reset();
        ToolResult result = await tool.ExitedAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("123", result.Output);
        Assert.StartsWith("zocalo: reset by peer after 3 bytes in, 5 out", Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_in_time_is_exit_code_124()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux leaves a connection to a full backlog unanswered");

        // Linux answers one more than the backlog; the next one hears nothing.
        using Socket full = Peer.Listen(backlog: 1);
        int port = UsageTests.PortOf(full);
        using Peer first = await Peer.ConnectAsync(port);
        using Peer second = await Peer.ConnectAsync(port);
        ToolResult result = await ToolProcess.RunAsync("connect", $"127.0.0.1:{port}", "--connect-timeout", "300ms");
        Assert.Equal(124, result.ExitCode);
        Assert.StartsWith("zocalo: cannot connect", Assert.Single(result.Errors), StringComparison.Ordinal);
    }
}
