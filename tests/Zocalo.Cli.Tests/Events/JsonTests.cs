using System.Text.Json;

namespace Zocalo.Cli.Tests;

public sealed class JsonTests
{
    [Fact]
    public async Task A_server_reports_each_event_as_an_object_a_line()
    {
        (var tool, var port) = await ToolProcess.EchoAsync("--json", "--once");
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await client.SendAsync("12345");
        client.Finish();
        await client.ReceiveAllAsync();
        // Without the log: on a busy machine a start may hold up an event loop, and that is told.
        JsonElement[] events = [.. Parse(await tool.ExitedAsync()).Where(line => NameOf(line) != "log")];

        Assert.Equal(["listening", "limits", "connected", "closed"], events.Select(NameOf));
        Assert.Equal($"tcp://127.0.0.1:{port}", events[0].GetProperty("address").GetString());
        Assert.Equal("ThisMachine", events[0].GetProperty("reach").GetString());
        Assert.Equal(60, events[1].GetProperty("writeStallSeconds").GetDouble());
        Assert.Equal("server", events[2].GetProperty("side").GetString());
        Assert.Equal($"tcp://127.0.0.1:{client.LocalPort}", events[2].GetProperty("remote").GetString());
        Assert.Equal(events[2].GetProperty("id").GetInt64(), events[3].GetProperty("id").GetInt64());
        Assert.Equal("PeerFinished", events[3].GetProperty("reason").GetString());
        Assert.Equal("Finished", events[3].GetProperty("input").GetString());
        Assert.Equal("Finished", events[3].GetProperty("output").GetString());
        Assert.Equal(5, events[3].GetProperty("bytesIn").GetInt64());
        Assert.Equal(5, events[3].GetProperty("bytesOut").GetInt64());
    }

    [Fact]
    public async Task A_client_reports_its_beginning_and_its_end()
    {
        (var echo, var port) = await ToolProcess.EchoAsync();
        await using var _ = echo;
        var events = Parse(await ToolProcess.RunAsync("connect", $":{port}", "--json", "--send", "abc"));
        Assert.Equal(["connected", "closed"], events.Select(NameOf));
        Assert.Equal("client", events[0].GetProperty("side").GetString());
        Assert.Equal("Completed", events[1].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task An_error_is_an_event_with_its_exit_code()
    {
        using var probe = Peer.Listen();
        var port = UsageTests.PortOf(probe);
        probe.Dispose();
        var refused = await ToolProcess.RunAsync("connect", $":{port}", "--json", "-q");
        var error = Assert.Single(Parse(refused));
        Assert.Equal("error", NameOf(error));
        Assert.Equal(1, error.GetProperty("exitCode").GetInt32());
        Assert.Equal("ConnectionRefused", error.GetProperty("socketError").GetString());

        var usage = await ToolProcess.RunAsync("connect", "--json", "--nonsense");
        Assert.Equal(2, Assert.Single(Parse(usage)).GetProperty("exitCode").GetInt32());
        Assert.Equal(2, usage.ExitCode);
    }

    [Fact]
    public async Task A_drain_is_an_event()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        (var tool, var port) = await ToolProcess.EchoAsync("--json");
        await using var _ = tool;
        using var client = await Peer.ConnectAsync(port);
        await tool.ErrorAsync("\"connected\"");
        tool.Signal(LibC.SignalTerminate);
        await tool.ErrorAsync("\"event\":\"draining\",\"connections\":1");
        Assert.Empty(await client.ReceiveAllAsync());
        client.Finish();
        var events = Parse(await tool.ExitedAsync());
        Assert.Equal("Drained", events.Single(each => NameOf(each) == "closed").GetProperty("reason").GetString());
    }

    private static JsonElement[] Parse(ToolResult result) => [.. result.Errors.Select(line => JsonDocument.Parse(line).RootElement)];

    private static string? NameOf(JsonElement happened) => happened.GetProperty("event").GetString();
}
