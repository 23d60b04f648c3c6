using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Zocalo.Cli.Tests;

/// <summary>The tour runs one at a time: it wants the tutorial's port.</summary>
public sealed class TourTests
{
    [Fact]
    public async Task It_shows_what_the_tutorial_shows_and_every_row_holds()
    {
        ToolResult result = await ToolProcess.RunAsync("tour");
        Assert.Equal(0, result.ExitCode);
        Assert.Matches("(?m)^  listening on tcp://127\\.0\\.0\\.1:[0-9]+ ", result.Output);
        Assert.Matches("(?m)^  connected by 127\\.0\\.0\\.1:[0-9]+$", result.Output);
        Assert.Contains("received 49 bytes: b\"Hello world! This is an echo server made with C#.\"", result.Output, StringComparison.Ordinal);
        Assert.Contains("closed: PeerFinished, 49 in, 49 out", result.Output, StringComparison.Ordinal);
        Assert.Contains("SHA-256 equal; the server's peak memory: ", result.Output, StringComparison.Ordinal);
        Assert.Contains("came back 2.", result.Output, StringComparison.Ordinal);
        Assert.Contains("sent one byte at a time, arrives as whole messages: 63 bytes, the server saw 5 of 5, and each came back", result.Output, StringComparison.Ordinal);

        string engine = Engine.TryCreate("epoll", out _, out _) ? "epoll, one loop" : "async, since ";
        Assert.Matches($"(?m)^  ok      one handler blocks +the others notice nothing: while its thread slept for 2 s, 7 clients had [0-9]+ replies, .* \\(engine: {engine}", result.Output);

        int rows = Regex.Count(result.Output, "(?m)^  ok      ");
        Assert.True(rows >= 6, $"only {rows} rows held:\n{result.Output}");
        Assert.Equal(rows, Regex.Count(result.Output, "(?m)^          repeat: +zocalo "));
        Assert.Contains($"{rows} of {rows} held", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', result.Output);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public async Task It_also_runs_as_a_program_of_dotnet()
    {
        string library = Path.Combine(AppContext.BaseDirectory, "Zocalo.Cli.dll");
        await using ToolProcess tour = ToolProcess.Command("dotnet", library, "tour");
        Assert.Equal(0, (await tour.FinishAsync()).ExitCode);
    }

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

        await using ToolProcess tour = ToolProcess.Start("tour");
        await tour.OutputAsync("127.0.0.1:5346 is taken by another program; the tour uses 127.0.0.1:");
        await tour.OutputAsync("received 49 bytes");
    }

    [Theory]
    [InlineData(LibC.SignalInterrupt, 130)]
    [InlineData(LibC.SignalTerminate, 143)]
    [InlineData(9, 137)]
    public async Task Its_server_never_outlives_it(int signal, int exitCode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signals");
        await using ToolProcess tour = ToolProcess.Start("tour");
        await tour.OutputAsync("received 49 bytes");
        tour.Signal(signal);
        ToolResult result = await tour.ExitedAsync();
        Assert.Equal(exitCode, result.ExitCode);

        int server = int.Parse(Regex.Match(result.Output, "process ([0-9]+)").Groups[1].Value, CultureInfo.InvariantCulture);
        try
        {
            using Process survivor = Process.GetProcessById(server);
            await survivor.WaitForExitAsync().WaitAsync(ToolProcess.Patience);
        }
        catch (ArgumentException)
        {
            // It is gone already.
        }
    }
}
