using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Zocalo.Cli.Tests;

/// <summary>The tour runs one at a time: it wants the tutorial's port.</summary>
public sealed class TourTests
{
    private static readonly string Library = Path.Combine(AppContext.BaseDirectory, "tool", "Zocalo.Cli.dll");

    [Fact]
    public async Task It_shows_what_the_tutorial_shows_and_every_row_holds()
    {
        var result = await ToolProcess.RunAsync("tour");
        Assert.Equal(0, result.ExitCode);
        Assert.Matches("(?m)^  listening on tcp://127\\.0\\.0\\.1:[0-9]+ ", result.Output);
        Assert.Matches($"(?m)^  engine: {Engine.Auto.Name}$", result.Output);
        Assert.Matches("(?m)^  connected by 127\\.0\\.0\\.1:[0-9]+$", result.Output);
        Assert.Contains(
            "received 49 bytes: b\"Hello world! This is an echo server made with C#.\"", result.Output, StringComparison.Ordinal);
        Assert.Contains("closed: PeerFinished, 49 in, 49 out", result.Output, StringComparison.Ordinal);
        Assert.Contains("SHA-256 equal; the server's peak memory: ", Unwrapped(result), StringComparison.Ordinal);
        Assert.Matches("came back ([2-9]|[1-9][0-9]+)\\.[0-9] s later", Unwrapped(result));
        Assert.Contains(
            "63 bytes sent one at a time; the server saw 5 of 5 messages, and each came back", Unwrapped(result), StringComparison.Ordinal);

        var engine = Engine.TryCreate("epoll", out _, out _) ? "epoll, one loop" : "async, since ";
        Assert.Matches(
            $"ok one handler blocks the others notice nothing: in its 2 s, 7 clients had [0-9]+ replies, .* \\(engine: {engine}",
            Unwrapped(result));

        var rows = Regex.Count(result.Output, "(?m)^  ok      ");
        Assert.True(rows >= 6, $"only {rows} rows held:\n{result.Output}");
        Assert.Contains($"{rows} of {rows} held; by hand:\n", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("repeat:", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(result.Output.Split('\n')[..^2], line => line.Length > 80);
        Assert.DoesNotContain('\e', result.Output);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public async Task It_also_runs_as_a_program_of_dotnet()
    {
        await using var tour = ToolProcess.Command("dotnet", Library, "tour");
        await tour.OutputAsync("received 49 bytes");
        if (Thorough.IsOn)
        {
            Assert.Equal(0, (await tour.FinishAsync()).ExitCode);
        }
    }

    [Fact]
    public async Task How_shows_the_commands_and_runs_nothing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the commands are for bash");
        var result = await ToolProcess.RunShellAsync("PATH=\"$(dirname \"$ZOCALO\"):$PATH\"; zocalo tour --how");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains(
            "\nzocalo echo :5346 --once & sleep 1\nzocalo connect :5346 --send 'Hello world!' --print repr\n",
            result.Output,
            StringComparison.Ordinal);
        Assert.True(Regex.Count(result.Output, "(?m)^# ") >= 6, result.Output);
        Assert.DoesNotContain(result.Output.Split('\n'), line => line.Length > 80);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public async Task How_uses_the_name_that_the_program_was_called_by()
    {
        Assert.SkipUnless(File.Exists("/proc/self/cmdline"), "this system does not tell how a program was called");
        var called = await ToolProcess.RunShellAsync("cd \"$(dirname \"$ZOCALO\")\"; ./zocalo tour --how");
        Assert.Contains("\n./zocalo echo :5346 --once & sleep 1\n", called.Output, StringComparison.Ordinal);

        await using var dotnet = ToolProcess.Command("dotnet", Library, "tour", "--how");
        var typed = RawCommandLine.ProgramNameOf(["dotnet", Library], Environment.CurrentDirectory);
        Assert.Contains($"\n{typed} echo :5346", (await dotnet.FinishAsync()).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zocalo", "zocalo|tour")]
    [InlineData("./zocalo", "./zocalo|tour|--how")]
    [InlineData("bin/zocalo", "/home/me/bin/zocalo|tour")]
    [InlineData("./zocalo", "/home/me/zocalo|tour")]
    [InlineData("/opt/zocalo", "/opt/zocalo|tour")]
    [InlineData("'/opt/my tools/zocalo'", "/opt/my tools/zocalo|tour")]
    [InlineData("dotnet bin/Zocalo.Cli.dll", "dotnet|bin/Zocalo.Cli.dll|tour")]
    [InlineData("/usr/bin/dotnet exec bin/Zocalo.Cli.dll", "/usr/bin/dotnet|exec|/home/me/bin/Zocalo.Cli.dll|tour")]
    [InlineData("zocalo", "")]
    public void What_a_person_types_is_found_in_the_command_line(string typed, string words) =>
        Assert.Equal(typed, RawCommandLine.ProgramNameOf(words.Split('|', StringSplitOptions.RemoveEmptyEntries), "/home/me"));

    [Fact]
    public async Task A_taken_port_is_no_obstacle_and_is_told()
    {
        // Whoever has the port, this test or another program: it is taken.
        using var taken = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        try
        {
            taken.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 5346));
            taken.Listen();
        }
        catch (System.Net.Sockets.SocketException)
        {
        }
        await using var tour = ToolProcess.Start("tour");
        await tour.OutputAsync("127.0.0.1:5346 is taken by another program; the tour uses 127.0.0.1:");
        await tour.OutputAsync("received 49 bytes");
    }

    [Theory]
    [ThoroughData(LibC.SignalInterrupt, 130)]
    [InlineData(LibC.SignalTerminate, 143)]
    [InlineData(9, 137)]
    public async Task Its_server_never_outlives_it(int signal, int exitCode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signals");
        await using var tour = ToolProcess.Start("tour");
        await tour.OutputAsync("received 49 bytes");
        tour.Signal(signal);
        var result = await tour.ExitedAsync();
        Assert.Equal(exitCode, result.ExitCode);

        var server = int.Parse(Regex.Match(result.Output, "process ([0-9]+)").Groups[1].Value, CultureInfo.InvariantCulture);
        try
        {
            using var survivor = Process.GetProcessById(server);
            await survivor.WaitForExitAsync().WaitAsync(ToolProcess.Patience);
        }
        catch (ArgumentException)
        {
            // It is gone already.
        }
    }

    // The rows are filled to the width of a terminal.
    private static string Unwrapped(ToolResult result) => Regex.Replace(result.Output, "\\s+", " ");
}
