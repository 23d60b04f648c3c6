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
        var address = Address;
        _listener.Dispose();
        var result = await ToolProcess.RunAsync("connect", address);
        Assert.Equal(1, result.ExitCode);
        Assert.Matches("^zocalo: .*refused.*", Assert.Single(result.Errors));
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_a_network_error_in_one_line()
    {
        var result = await ToolProcess.RunAsync("connect", "nosuchhost.invalid:80");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("nosuchhost.invalid", Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_peer_that_resets_is_a_network_error_with_the_totals()
    {
        await using var tool = ToolProcess.Start("connect", Address, "--send", "12345", "--eof", "keep");
        using var server = await Peer.AcceptAsync(_listener);
        Assert.Equal("12345", await server.ReceiveAsync(5));
        await server.SendAsync("123");
        await tool.OutputAsync("123");
        server.Reset();
        var result = await tool.ExitedAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("123", result.Output);
        Assert.StartsWith("zocalo: reset by peer after 3 bytes in, 5 out", Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_in_time_is_exit_code_124()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux leaves a connection to a full backlog unanswered");

        // Linux answers one more than the backlog; the next one hears nothing.
        using var full = Peer.Listen(backlog: 1);
        var port = UsageTests.PortOf(full);
        using var first = await Peer.ConnectAsync(port);
        using var second = await Peer.ConnectAsync(port);
        var result = await ToolProcess.RunAsync("connect", $"127.0.0.1:{port}", "--connect-timeout", "300ms");
        Assert.Equal(124, result.ExitCode);
        Assert.Equal(
            $"zocalo: cannot connect to tcp://127.0.0.1:{port}: no answer within 0.3 s; check the address, or allow more time",
            Assert.Single(result.Errors));
    }

    [Theory]
    [InlineData("unix:@zocalo-nobody-has-this-name", "refused; no server listens under this name")]
    [InlineData("unix:/etc/passwd", "this is an ordinary file, not a socket")]
    [InlineData("unix:/tmp", "this is a directory, not a socket")]
    [InlineData("unix:/dev/null", "refused; no server listens there: start the server, or check that the path is a socket's")]
    [InlineData("unix:/no/such/socket", "there is no such socket")]
    [InlineData("[fe80::1]:9", "a link-local address needs the interface that it is reached by; write [fe80::1%eth0]:9")]
    public async Task What_is_there_decides_what_to_do(string address, string words)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "these paths and names are Linux's");
        Assert.SkipUnless(Machine.HasIPv6 || address[0] != '[', "this machine has no IPv6");
        var result = await ToolHere.RunAsync("connect", address, "--send", "x");
        Assert.StartsWith("zocalo: cannot connect to ", Assert.Single(result.Errors), StringComparison.Ordinal);
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.ExitCode);
    }

    [Fact]
    public async Task A_socket_whose_server_has_gone_is_told_from_one_that_never_was()
    {
        var path = Path.Combine(Path.GetTempPath(), $"zocalo-{Guid.NewGuid():N}.sock");
        await using (var server = ToolProcess.Start("echo", $"unix:{path}"))
        {
            await server.ErrorAsync("^listening");
        }
        Assert.True(File.Exists(path), "a server that is killed leaves its file behind");
        var result = await ToolHere.RunAsync("connect", $"unix:{path}", "--send", "x");
        Assert.Contains("refused; no server listens there: start the server", Assert.Single(result.Errors), StringComparison.Ordinal);
        File.Delete(path);
    }
}
