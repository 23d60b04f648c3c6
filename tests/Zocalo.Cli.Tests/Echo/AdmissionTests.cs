using System.Net.Sockets;

namespace Zocalo.Cli.Tests;

/// <summary>Who may connect to <c>echo</c> and <c>listen</c>, and several addresses.</summary>
public sealed class AdmissionTests
{
    [Fact]
    public async Task Who_is_denied_is_reset_and_told_of_with_v()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--deny", "127.0.0.0/8", "-v");
        await using var _ = tool;
        await IsRefusedAsync(port);
        await tool.ErrorAsync("^note: Refused tcp://127\\.0\\.0\\.1:[0-9]+: the access rules do not let it in\\.$");
    }

    [Fact]
    public async Task Who_is_allowed_is_served_by_each_of_several_networks()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--allow", "10.0.0.0/8", "--allow", "127.0.0.1");
        await using var _ = tool;
        await IsServedAsync(port);
    }

    [Fact]
    public async Task One_address_has_so_many_connections_at_once()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--per-address", "1");
        await using var _ = tool;
        using (var first = await Peer.ConnectAsync(port))
        {
            await first.SendAsync("x");
            await first.ReceiveAsync(1);
            await IsRefusedAsync(port);
            first.Finish();
            await first.ReceiveAllAsync();
            await tool.ErrorAsync("^closed ");
        }
        await IsServedAsync(port);
    }

    [Fact]
    public async Task A_listener_goes_on_waiting_for_one_that_is_allowed()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "--deny", "127.0.0.2", "--send", "hello");
        var port = await tool.PortAsync();
        using (var refused = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            refused.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Parse("127.0.0.2"), 0));
            await AssertResetAsync(async () =>
            {
                await refused.ConnectAsync("127.0.0.1", port).WaitAsync(ToolProcess.Patience);
                await refused.ReceiveAsync(new byte[1]).WaitAsync(ToolProcess.Patience);
            });
        }
        using var peer = await Peer.ConnectAsync(port);
        Assert.Equal("hello", await peer.ReceiveAsync(5));
    }

    [Fact]
    public async Task One_server_listens_on_several_addresses()
    {
        var name = $"@zocalo-also-{Environment.ProcessId}";
        (var tool, var port) = await ToolProcess.EchoAsync("--also", $"unix:{name}", "--also", "127.0.0.1:0");
        await using var _ = tool;
        await tool.ErrorAsync($"^listening on unix:{name} ");
        await IsServedAsync(port);
        using var local = await Peer.ConnectAsync("\0" + name[1..]);
        await local.SendAsync("x");
        Assert.Equal("x", await local.ReceiveAsync(1));
    }

    [Theory]
    [InlineData("echo --allow 10.0.0.1/8", "--allow: \"10.0.0.1/8\" is not a network: the address has bits behind the first 8; write 10.")]
    [InlineData("listen :0 --deny here", "--deny: \"here\" is not a network: write a network such as 192.0.2.0/24")]
    [InlineData("echo --per-address 0", "'0' is not a count")]
    [InlineData("echo --also 7", "--also: ")]
    [InlineData("echo --allow", "--allow needs a value")]
    public async Task What_is_no_network_is_refused_with_the_cure(string line, string cure)
    {
        var result = await ToolHere.RunAsync(line.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(cure, Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    private static async Task IsServedAsync(int port)
    {
        using var peer = await Peer.ConnectAsync(port);
        await peer.SendAsync("x");
        Assert.Equal("x", await peer.ReceiveAsync(1));
    }

    private static Task IsRefusedAsync(int port) => AssertResetAsync(async () =>
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port).WaitAsync(ToolProcess.Patience);
        await socket.ReceiveAsync(new byte[1]).WaitAsync(ToolProcess.Patience);
    });

    private static async Task AssertResetAsync(Func<Task> talk) =>
        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(talk)).SocketErrorCode);
}
