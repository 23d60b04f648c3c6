using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Zocalo.Cli.Tests;

/// <summary>Standard error goes to a program that does not read it: a pager, a stopped terminal, <c>2> >(sleep 40)</c>.</summary>
public sealed class UnreadErrorsTests
{
    // More than a pipe holds, and what the tool keeps: 64 KiB and 1 MiB.
    private const int Messages = 40_000;

    [Theory]
    [InlineData("")]
    [InlineData("--json")]
    public async Task A_server_serves_on_and_tells_how_much_was_left_out(string form)
    {
        (var tool, var port) = await ToolProcess.EchoAsync(
            ["--frame", "len:u8", "-v", .. form.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        await using var _ = tool;
        tool.PauseErrors();
        using (var client = await Peer.ConnectAsync(port))
        {
            byte[] sent = [.. Enumerable.Repeat((byte[])[1, (byte)'x'], Messages).SelectMany(each => each)];
            var sending = Task.Run(async () =>
            {
                await client.SendAsync(sent);
                client.Finish();
            });
            Assert.Equal(sent, await client.ReceiveAllAsync());
            await sending;
        }
        tool.ResumeErrors();
        var leftOut = form.Length == 0
            ? "^left out, since standard error was not read: ([0-9]+) line"
            : "\"event\":\"dropped\",\"count\":([0-9]+)";
        await tool.ErrorAsync(leftOut);
        tool.Signal(LibC.SignalTerminate);
        var result = await tool.ExitedAsync();
        Assert.Equal(0, result.ExitCode);

        var left = result.Errors.Sum(line => Regex.Match(line, leftOut) is { Success: true } match
            ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : 0);
        var told = result.Errors.Count(
            line => line.StartsWith("frame ", StringComparison.Ordinal) || line.Contains("\"event\":\"frame\"", StringComparison.Ordinal));
        var isEndTold = result.Errors.Any(
            line => line.StartsWith("closed ", StringComparison.Ordinal)
                || line.Contains("\"event\":\"closed\"", StringComparison.Ordinal));
        // What was left out is counted, not named: on a busy machine a warning that the handler held up its loop can be among it.
        Assert.InRange(told + left, Messages + (isEndTold ? 0 : 1), Messages + 3);
        if (form.Length > 0)
        {
            Assert.All(result.Errors, line => JsonDocument.Parse(line).Dispose());
        }
    }

    [Fact]
    public async Task It_ends_all_the_same()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        (var tool, var port) = await ToolProcess.EchoAsync("--frame", "len:u8", "-v");
        await using var _ = tool;
        tool.PauseErrors();
        using (var client = await Peer.ConnectAsync(port))
        {
            byte[] sent = [.. Enumerable.Repeat((byte[])[1, (byte)'x'], 5_000).SelectMany(each => each)];
            await client.SendAsync(sent);
            client.Finish();
            Assert.Equal(sent, await client.ReceiveAllAsync());
        }
        tool.Signal(LibC.SignalTerminate);
        Assert.Equal(0, await tool.ExitCodeAsync());
    }

    [Fact]
    public async Task Connect_goes_on_as_well_and_its_error_is_the_last_line()
    {
        using var listener = Peer.Listen();
        await using var tool = ToolProcess.Start(
            "connect", $"127.0.0.1:{UsageTests.PortOf(listener)}", "--frame", "len:u8", "-v", "--eof", "keep", "--print", "hex");
        tool.PauseErrors();
        using var server = await Peer.AcceptAsync(listener);
        await server.SendAsync([.. Enumerable.Repeat((byte[])[1, (byte)'x'], Messages).SelectMany(each => each)]);
        await server.SendAsync("\u0001y");
        await tool.OutputAsync("79\n");
        tool.ResumeErrors();
        await tool.ErrorAsync("^left out, since standard error was not read: ");
        server.Reset();
        var result = await tool.ExitedAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("zocalo: reset by peer after ", result.Events[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_clients_a_second_are_summed_up_and_none_is_forgotten()
    {
        const int Clients = 400;
        (var tool, var port) = await ToolProcess.EchoAsync();
        await using var _ = tool;
        for (var i = 0; i < Clients; i++)
        {
            using var client = await Peer.ConnectAsync(port);
            client.Finish();
            Assert.Empty(await client.ReceiveAllAsync());
        }
        tool.Signal(LibC.SignalTerminate);
        var result = await tool.ExitedAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(Clients, Told(result, "^connected by ", "([0-9]+) connected"));
        Assert.Equal(Clients, Told(result, "^closed ", "([0-9]+) closed \\([0-9]+ PeerFinished\\)"));
    }

    private static int Told(ToolResult result, string line, string summary) =>
        result.Errors.Count(each => Regex.IsMatch(each, line))
        + result.Errors.Where(each => each.StartsWith("left out, since there were so many: ", StringComparison.Ordinal))
            .Sum(each => Regex.Match(each, summary) is { Success: true } match
                ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
                : 0);
}
