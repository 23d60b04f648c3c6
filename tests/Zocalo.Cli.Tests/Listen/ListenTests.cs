namespace Zocalo.Cli.Tests;

public sealed class ListenTests
{
    [Fact]
    public async Task It_serves_one_client_and_ends()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "-v");
        var port = await tool.PortAsync();
        using var client = await Peer.ConnectAsync(port);
        await tool.ErrorAsync($"^connected by 127\\.0\\.0\\.1:{client.LocalPort}$");
        await tool.WriteAsync("pong");
        Assert.Equal("pong", await client.ReceiveAsync(4));
        await client.SendAsync("ping");
        await tool.OutputAsync("ping");
        tool.EndInput();
        Assert.Empty(await client.ReceiveAllAsync());
        client.Finish();
        var result = await tool.ExitedAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("ping", result.Output);
        Assert.EndsWith("Completed, 4 in, 4 out", result.Events[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_else_gets_in_after_the_one()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1", "0");
        var port = await tool.PortAsync();
        using var first = await Peer.ConnectAsync(port);
        await first.SendAsync("x");
        await tool.OutputAsync("x");
        var refused = await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => Peer.ConnectAsync(port));
        Assert.Equal(System.Net.Sockets.SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task With_k_it_serves_one_client_after_the_other()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "-k", "-v");
        var port = await tool.PortAsync();
        for (var i = 1; i <= 3; i++)
        {
            using var client = await Peer.ConnectAsync(port);
            await client.SendAsync($"from {i}\n");
            await tool.OutputAsync($"from {i}\n");
            await tool.WriteAsync($"to {i}");
            Assert.Equal($"to {i}", await client.ReceiveAsync(4));
            client.Finish();
            Assert.Empty(await client.ReceiveAllAsync());
        }
        // Standard input has ended: from now on every client gets the end at once.
        tool.EndInput();
        using var last = await Peer.ConnectAsync(port);
        Assert.Empty(await last.ReceiveAllAsync());
    }

    [Fact]
    public async Task With_k_a_client_that_resets_ends_only_itself()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "-k");
        var port = await tool.PortAsync();
        using (var rude = await Peer.ConnectAsync(port))
        {
            await rude.SendAsync("rude");
            await tool.OutputAsync("rude");
            rude.Reset();
        }
        await tool.ErrorAsync("^zocalo: reset by peer after 4 bytes in, 0 out");
        using var next = await Peer.ConnectAsync(port);
        await tool.WriteAsync("for the next");
        Assert.Equal("for the next", await next.ReceiveAsync(12));
    }

    [Fact]
    public async Task With_k_and_send_every_client_gets_the_text()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "-k", "--send", "hello", "--print", "hex");
        var port = await tool.PortAsync();
        for (var i = 0; i < 3; i++)
        {
            using var client = await Peer.ConnectAsync(port);
            await client.SendAsync($"{i}");
            client.Finish();
            Assert.Equal("hello"u8.ToArray(), await client.ReceiveAllAsync());
            await tool.OutputAsync($"00000000  3{i}");
        }
    }

    [Fact]
    public async Task It_says_only_where_it_listens_unless_asked()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "--send", "x");
        var port = await tool.PortAsync();
        using var client = await Peer.ConnectAsync(port);
        client.Finish();
        Assert.Equal("x"u8.ToArray(), await client.ReceiveAllAsync());
        Assert.StartsWith("listening on", Assert.Single((await tool.ExitedAsync()).Errors), StringComparison.Ordinal);
    }
}
