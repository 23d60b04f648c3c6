using System.Text.Json;

namespace Zocalo.Cli.Tests;

/// <summary><c>zocalo top</c> beside <c>zocalo echo --control</c>.</summary>
public sealed class TopTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zocalo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Control => $"unix:{_folder}/echo.zocalo";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_is_found_by_its_address_and_by_its_process(bool byProcess)
    {
        var (echo, port) = await ToolProcess.EchoAsync("--control", Control);
        await using var server = echo;
        using var peer = await Peer.ConnectAsync(port);
        await peer.SendAsync("hello");
        await peer.ReceiveAsync(5);
        var result = await ToolProcess.RunAsync("top", byProcess ? $"{echo.Id}" : Control, "--once");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        var lines = result.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        var who = JsonDocument.Parse(lines[0]).RootElement;
        Assert.Equal(($"tcp://127.0.0.1:{port}", echo.Id), (who.GetProperty("address").GetString(), who.GetProperty("pid").GetInt32()));
        var now = JsonDocument.Parse(lines[1]).RootElement;
        Assert.Equal((1, 5), (now.GetProperty("accepted").GetInt32(), now.GetProperty("bytesIn").GetInt32()));
        Assert.True(now.TryGetProperty("perSecond", out _));
        Assert.Equal($"tcp://127.0.0.1:{peer.LocalPort}", now.GetProperty("peers")[0].GetProperty("address").GetString());
    }

    [Fact]
    public async Task It_goes_on_until_the_server_goes_away_and_says_so()
    {
        var (echo, port) = await ToolProcess.EchoAsync("--control", Control);
        await using var server = echo;
        await using var top = ToolProcess.Start("top", Control, "--json");
        await top.OutputAsync("perSecond");
        echo.Signal(LibC.SignalInterrupt);
        var result = await top.ExitedAsync();
        Assert.Equal(1, result.ExitCode);
        var error = JsonDocument.Parse(Assert.Single(result.Errors)).RootElement;
        Assert.Equal($"the server has stopped: tcp://127.0.0.1:{port}, process {echo.Id}", error.GetProperty("message").GetString());
        Assert.Equal(0, (await echo.ExitedAsync()).ExitCode);
    }

    [Fact]
    public async Task Ctrl_C_ends_it_with_0()
    {
        var (echo, _) = await ToolProcess.EchoAsync("--control", Control);
        await using var server = echo;
        await using var top = ToolProcess.Start("top", Control);
        await top.OutputAsync("uptimeSeconds");
        top.Signal(LibC.SignalInterrupt);
        var result = await top.ExitedAsync();
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
    }

    [Fact]
    public async Task On_a_terminal_it_is_a_screen_and_the_old_one_comes_back()
    {
        var (echo, port) = await ToolProcess.EchoAsync("--control", Control);
        await using var server = echo;
        await using var top = ToolProcess.Command(
            "script", "-qec", $"stty cols 100 rows 30; exec \"{ToolProcess.Program}\" top {echo.Id}", "/dev/null");
        await top.OutputAsync("slowest peers");
        await top.WriteAsync("\u0003");
        var result = await top.ExitedAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("\e[?1049h", result.Output, StringComparison.Ordinal);
        Assert.Contains($"tcp://127.0.0.1:{port}", result.Output, StringComparison.Ordinal);
        Assert.Contains(
            "╭─connections────────╮╭─per second, in all─────────────────────────────╮╭─ends─────────────────────╮",
            result.Output,
            StringComparison.Ordinal);
        Assert.EndsWith("\e[?25h\e[?1049l", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_control_socket_is_refused_with_a_sentence()
    {
        await using var other = ToolProcess.Start("echo", $"unix:{_folder}/other.zocalo", "--frame", "line");
        await other.ErrorAsync("^listening on");
        var silent = await ToolProcess.RunAsync("top", $"unix:{_folder}/other.zocalo");
        Assert.Equal(1, silent.ExitCode);
        Assert.Contains("says nothing; it is no control socket", silent.Error, StringComparison.Ordinal);
        var absent = await ToolProcess.RunAsync("top", Control);
        Assert.Equal(1, absent.ExitCode);
        Assert.StartsWith($"zocalo: cannot connect to {Control}", absent.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("garbage", "is no control socket of Zocalo")]
    [InlineData("{\"zocalo\":2,\"pid\":1,\"address\":\"a\",\"engine\":\"e\"}", "speaks version 2, and this tool understands 1")]
    [InlineData("{}", "is no control socket of Zocalo")]
    public void The_first_line_is_looked_at(string line, string problem)
    {
        var error = Assert.Throws<ToolException>(() => ServerLine.Parse(System.Text.Encoding.UTF8.GetBytes(line), "unix:/x"));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Equal(1, error.ExitCode);
    }
}
