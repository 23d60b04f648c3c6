namespace Zocalo.Cli.Tests;

/// <summary><c>listen -k</c>: who gets what, and who waits.</summary>
public sealed class ManyClientsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task A_file_is_sent_to_each_client_from_its_beginning()
    {
        var page = Page();
        await using var tool = ToolProcess.Shell($"exec \"$ZOCALO\" listen 127.0.0.1:0 -k < {_file}");
        var port = await tool.PortAsync();
        for (var i = 0; i < 3; i++)
        {
            using var client = await Peer.ConnectAsync(port);
            client.Finish();
            Assert.Equal(page, await client.ReceiveAllAsync());
        }
    }

    [Fact]
    public async Task Several_clients_at_once_get_all_of_a_file_each()
    {
        var page = Page();
        await using var tool = ToolProcess.Shell($"exec \"$ZOCALO\" listen 127.0.0.1:0 -k --max-clients 3 < {_file}");
        var port = await tool.PortAsync();

        // One takes nothing until the others have all.
        using var idle = await Peer.ConnectAsync(port);
        using var first = await Peer.ConnectAsync(port);
        using var second = await Peer.ConnectAsync(port);
        var ofFirst = first.ReceiveAllAsync();
        Assert.Equal(page, await second.ReceiveAllAsync());
        Assert.Equal(page, await ofFirst);
        Assert.Equal(page, await idle.ReceiveAllAsync());
    }

    [Fact]
    public async Task Each_client_gets_the_messages_of_a_file_from_its_beginning()
    {
        await File.WriteAllTextAsync(_file, "one\ntwo\n");
        await using var tool = ToolProcess.Shell($"exec \"$ZOCALO\" listen 127.0.0.1:0 -k --frame len:u8 < {_file}");
        var port = await tool.PortAsync();
        for (var i = 0; i < 2; i++)
        {
            using var client = await Peer.ConnectAsync(port);
            client.Finish();
            Assert.Equal("\u0003one\u0003two"u8.ToArray(), await client.ReceiveAllAsync());
        }
    }

    [Fact]
    public async Task A_client_that_waits_behind_a_silent_one_is_told_of_with_the_cure()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "-k", "-v", "--send", "hello");
        var port = await tool.PortAsync();
        using var silent = await Peer.ConnectAsync(port);
        Assert.Equal("hello", await silent.ReceiveAsync(5));
        using var waiting = await Peer.ConnectAsync(port);
        await tool.ErrorAsync($"^note: 127\\.0\\.0\\.1:{waiting.LocalPort} waits: one client is served at a time, and "
            + $"127\\.0\\.0\\.1:{silent.LocalPort}.* has not ended; --max-clients 2 serves one more at once$");
        Assert.False(waiting.HasNews, "it was served before its turn");
        silent.Dispose();
        waiting.Finish();
        Assert.Equal("hello"u8.ToArray(), await waiting.ReceiveAllAsync());
    }

    [Fact]
    public async Task With_max_clients_a_silent_client_holds_up_nobody()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "-k", "--max-clients", "2", "--send", "hello");
        var port = await tool.PortAsync();
        using var silent = await Peer.ConnectAsync(port);
        for (var i = 0; i < 3; i++)
        {
            using var client = await Peer.ConnectAsync(port);
            client.Finish();
            Assert.Equal("hello"u8.ToArray(), await client.ReceiveAllAsync());
        }
    }

    [Fact]
    public async Task Lines_of_a_pipe_go_to_every_client_that_is_served()
    {
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "-k", "--max-connections", "3", "-v");
        var port = await tool.PortAsync();
        using var first = await Peer.ConnectAsync(port);
        using var second = await Peer.ConnectAsync(port);
        await first.SendAsync("1");
        await tool.OutputAsync("1");
        await second.SendAsync("2");
        await tool.OutputAsync("12");
        await tool.WriteAsync("for both\n");
        Assert.Equal("for both\n", await first.ReceiveAsync(9));
        Assert.Equal("for both\n", await second.ReceiveAsync(9));
        first.Finish();
        Assert.Empty(await first.ReceiveAllAsync());
        await tool.WriteAsync("for one\n");
        Assert.Equal("for one\n", await second.ReceiveAsync(8));
        tool.EndInput();
        Assert.Empty(await second.ReceiveAllAsync());
        using var last = await Peer.ConnectAsync(port);
        Assert.Empty(await last.ReceiveAllAsync());
    }

    [Fact]
    public async Task Messages_of_several_clients_come_whole()
    {
        const int Clients = 4;
        const int Messages = 200;
        await using var tool = ToolProcess.Start(
            "listen", "127.0.0.1:0", "-k", "--frame", "line", "--max-clients", $"{Clients}", "--recv-only");
        var port = await tool.PortAsync();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async number =>
        {
            using var client = await Peer.ConnectAsync(port);
            string line = new((char)('a' + number), 5_000);
            for (var i = 0; i < Messages; i++)
            {
                // Cut at another place each time.
                await client.SendAsync(line[..(i * 17)]);
                await client.SendAsync(line[(i * 17)..] + "\n");
            }
            client.Finish();
            Assert.Empty(await client.ReceiveAllAsync());
        }));
        tool.Signal(LibC.SignalTerminate);
        var result = await tool.ExitedAsync();
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Clients * Messages, lines.Length);
        Assert.All(lines, line => Assert.True(line.Length == 5_000 && line.All(c => c == line[0]), "two messages are mixed"));
    }

    [Fact]
    public async Task A_signal_lets_a_client_have_the_rest_of_the_file()
    {
        var page = Page();
        await using var tool = ToolProcess.Shell($"exec \"$ZOCALO\" listen 127.0.0.1:0 -k --max-clients 2 -v < {_file}");
        var port = await tool.PortAsync();
        using var slow = await Peer.ConnectAsync(port);
        using var other = await Peer.ConnectAsync(port);
        await tool.ErrorAsync($"^connected by 127\\.0\\.0\\.1:{other.LocalPort}$");
        tool.Signal(LibC.SignalTerminate);
        await tool.ErrorAsync("^draining 2 connections;");
        slow.Finish();
        other.Finish();
        Assert.Equal(page, await slow.ReceiveAllAsync());
        Assert.Equal(page, await other.ReceiveAllAsync());
        Assert.Equal(0, (await tool.ExitedAsync()).ExitCode);
    }

    private byte[] Page()
    {
        var page = new byte[8_000_000];
        new Random(1).NextBytes(page);
        File.WriteAllBytes(_file, page);
        return page;
    }
}
