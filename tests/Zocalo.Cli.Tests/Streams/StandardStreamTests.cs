namespace Zocalo.Cli.Tests;

/// <summary>What shells do to the three standard streams.</summary>
public sealed class StandardStreamTests
{
    public StandardStreamTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "these redirections are those of a POSIX shell");

    [Fact]
    public async Task A_closed_standard_input_is_an_empty_one()
    {
        (var echo, var port) = await ToolProcess.EchoAsync();
        await using var _ = echo;
        var result = await ToolProcess.RunShellAsync($"exec \"$ZOCALO\" connect :{port} <&-");
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public async Task A_directory_as_standard_input_is_refused_before_anything_is_connected()
    {
        (var echo, var port) = await ToolProcess.EchoAsync("--once");
        await using var _ = echo;
        var result = await ToolProcess.RunShellAsync($"exec \"$ZOCALO\" connect :{port} < /");
        Assert.Equal(2, result.ExitCode);
        Assert.Matches("^zocalo: cannot read standard input \\(.*directory.*\\)", Assert.Single(result.Errors));

        // Had it connected, --once would be over.
        var next = await ToolProcess.RunAsync("connect", $":{port}", "--send", "still here");
        Assert.Equal("still here", next.Output);
    }

    [Fact]
    public async Task A_reader_that_leaves_ends_the_tool_quietly()
    {
        (var echo, var port) = await ToolProcess.EchoAsync();
        await using var _ = echo;
        var result = await ToolProcess.RunShellAsync(
            $"yes 2> /dev/null | \"$ZOCALO\" connect :{port} | head -2; echo \"${{PIPESTATUS[1]}}\"");
        Assert.Equal("y\ny\n0\n", result.Output);
        Assert.Empty(result.Errors);
    }

    [Theory]
    [InlineData(">&-", "closed")]
    [InlineData("> /dev/full", "No space left")]
    public async Task Output_that_cannot_be_written_is_a_local_error(string redirection, string reason)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");
        (var echo, var port) = await ToolProcess.EchoAsync();
        await using var _ = echo;
        var result = await ToolProcess.RunShellAsync($"exec \"$ZOCALO\" connect :{port} --send lost {redirection}");
        Assert.Equal(2, result.ExitCode);
        Assert.Matches($"^zocalo: cannot write to standard output \\(.*{reason}", Assert.Single(result.Errors));
    }

    [Fact]
    public async Task A_closed_standard_error_is_no_obstacle()
    {
        (var echo, var port) = await ToolProcess.EchoAsync();
        await using var _ = echo;
        var result = await ToolProcess.RunShellAsync($"exec \"$ZOCALO\" connect :{port} -v --send fine 2>&-");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("fine", result.Output);
    }

    [Fact]
    public async Task Two_commands_can_share_one_output_file()
    {
        (var echo, var port) = await ToolProcess.EchoAsync();
        await using var _ = echo;
        var file = Path.GetTempFileName();
        await ToolProcess.RunShellAsync(
            $"(\"$ZOCALO\" connect :{port} --send 'a long first part,'; \"$ZOCALO\" connect :{port} --send second; echo .) > {file}");
        Assert.Equal("a long first part,second.\n", await File.ReadAllTextAsync(file));
        File.Delete(file);
    }

    [Fact]
    public async Task Two_commands_can_share_one_input_file()
    {
        (var echo, var port) = await ToolProcess.EchoAsync();
        await using var _ = echo;
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "read by the tool");
        var result = await ToolProcess.RunShellAsync($"(\"$ZOCALO\" connect :{port}; echo -n '|'; cat) < {file}");
        Assert.Equal("read by the tool|", result.Output);
        File.Delete(file);
    }

    [Fact]
    public async Task Help_into_a_closed_pipe_is_quiet()
    {
        var result = await ToolProcess.RunShellAsync("\"$ZOCALO\" --help | true; echo \"${PIPESTATUS[0]}\"");
        Assert.Equal("0\n", result.Output);
        Assert.Empty(result.Errors);
    }
}
