namespace Zocalo.Cli.Tests;

/// <summary>Which engine runs is the user's choice: by an option, by a variable, and never by a fallback that nobody was told of.</summary>
public sealed class EngineOptionTests
{
    public static TheoryData<string> Engines => ["async", "threads", "select", "epoll"];

    /// <summary>One on the thread pool and one on a loop, and all in a thorough run.</summary>
    public static TheoryData<string> SomeEngines => Thorough.IsOn ? Engines : ["async", "epoll"];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Each_engine_serves_and_converses_and_is_named(string engine)
    {
        SkipUnlessItRuns(engine);
        (var echo, var port) = await ToolProcess.EchoAsync("--engine", engine);
        await using var _ = echo;
        await echo.ErrorAsync($"^listening on .*; engine: {engine}\\)$");
        var client = await ToolProcess.RunAsync("connect", $":{port}", "--engine", engine, "-v", "--send", "hey");
        Assert.Equal("hey", client.Output);
        Assert.Contains($"(engine: {engine})", client.Errors[0], StringComparison.Ordinal);
        await echo.ErrorAsync("^closed .*: PeerFinished, 3 in, 3 out$");
    }

    [Theory]
    [MemberData(nameof(SomeEngines))]
    public async Task Listen_serves_one_after_the_other_on_each_engine(string engine)
    {
        SkipUnlessItRuns(engine);
        await using var tool = ToolProcess.Start("listen", "127.0.0.1:0", "-k", "--send", "bye", "--engine", engine);
        var port = await tool.PortAsync();
        foreach (var word in new[] { "one", "two" })
        {
            using var client = await Peer.ConnectAsync(port);
            await client.SendAsync(word);
            client.Finish();
            Assert.Equal("bye"u8.ToArray(), await client.ReceiveAllAsync());
        }
        await tool.OutputAsync("onetwo");
    }

    [Theory]
    [MemberData(nameof(SomeEngines))]
    public async Task Each_engine_drains_and_leaves_no_file_behind(string engine)
    {
        SkipUnlessItRuns(engine);
        var path = Path.Combine(Path.GetTempPath(), $"zocalo-{Guid.NewGuid():N}.sock");
        await using var server = ToolProcess.Start("echo", $"unix:{path}", "--engine", engine);
        await server.ErrorAsync("^listening");
        await using var client = ToolProcess.Start("connect", $"unix:{path}", "--engine", engine, "--peer-eof", "exit");
        await client.WriteAsync("hey");
        await client.OutputAsync("hey");
        server.Signal(LibC.SignalTerminate);
        Assert.Equal(0, (await client.ExitedAsync()).ExitCode);
        var result = await server.ExitedAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.EndsWith("Drained, 3 in, 3 out", result.Events[^1], StringComparison.Ordinal);
        Assert.False(File.Exists(path), "the server left its socket's file behind");
    }

    [Theory]
    [ThoroughData("epoll,strict", "epoll")]
    [ThoroughData("Threads", "threads")]
    [InlineData("SELECT,Strict", "select")]
    public async Task Strict_changes_nothing_where_the_engine_runs_and_case_does_not_matter(string choice, string engine)
    {
        SkipUnlessItRuns(engine);
        await using var tool = ToolProcess.Start("echo", "127.0.0.1:0", "--json", "--engine", choice);
        await tool.ErrorAsync($"\"event\":\"listening\".*\"engine\":\"{engine}\"");
    }

    [Theory]
    [ThoroughData("epoll", "", "epoll")]
    [InlineData("threads,strict", "", "threads")]
    [ThoroughData("auto", "", "[a-z]+")]
    [ThoroughData("auto,strict", "", "[a-z]+")]
    [InlineData("", "", "[a-z]+")]
    [InlineData("epoll", "--engine async", "async")]
    public async Task The_variable_names_the_default_and_the_option_wins(string variable, string option, string engine)
    {
        SkipUnlessItRuns("epoll");
        await using var tool = ToolProcess.Shell($"export ZOCALO_ENGINE={variable}; exec \"$ZOCALO\" echo 127.0.0.1:0 {option}");
        await tool.ErrorAsync($"^listening on .*; engine: {engine}\\)$");
    }

    [Theory]
    [InlineData("steam", "echo 127.0.0.1:0")]
    [ThoroughData("steam,strict", "listen 127.0.0.1:0")]
    [ThoroughData("steam", "connect 127.0.0.1:1")]
    public async Task An_unknown_name_in_the_variable_is_refused_and_named(string variable, string command)
    {
        var result = await ToolProcess.RunShellAsync($"ZOCALO_ENGINE={variable} exec \"$ZOCALO\" {command}");
        Assert.Equal(
            $"zocalo: ZOCALO_ENGINE is '{variable}': there is no engine named 'steam'; choose auto, async, threads, select or epoll",
            Assert.Single(result.Errors));
        Assert.Equal(2, result.ExitCode);
    }

    [Fact]
    public async Task A_wrong_variable_is_no_obstacle_for_who_says_the_engine()
    {
        await using var tool = ToolProcess.Shell("ZOCALO_ENGINE=steam exec \"$ZOCALO\" echo 127.0.0.1:0 --engine async");
        await tool.ErrorAsync("^listening on .*; engine: async\\)$");
    }

    [Theory]
    [InlineData("--engine async --loops 2", "--loops does nothing: the engine async has no event loops")]
    [ThoroughData("--engine threads --loops 2", "--loops does nothing: the engine threads has no event loops")]
    [InlineData("--engine select --no-rescue", "--no-rescue does nothing: the engine select has no rescue")]
    [ThoroughData("--engine async --per-loop", "--per-loop does nothing: the engine async has no event loops")]
    [ThoroughData("--engine threads --per-loop", "--per-loop does nothing: the engine threads has no event loops")]
    public async Task What_an_engine_does_not_have_is_not_ignored_in_silence(string options, string warning)
    {
        SkipUnlessItRuns(options.Split(' ')[1]);
        (var tool, var _) = await ToolProcess.EchoAsync(options.Split(' '));
        await using var __ = tool;
        await tool.ErrorAsync($"^warning: {warning}$");
    }

    [Theory]
    [InlineData(2000, "", "--engine select",
        "960 connections at once \\(the engine select watches descriptors below 1024; --engine epoll serves more\\);")]
    [ThoroughData(300, "", "--engine select", "236 connections at once \\(the descriptor limit; 'ulimit -n' raises it\\);")]
    [InlineData(300, "", "--engine epoll", "236 connections at once \\(the descriptor limit; 'ulimit -n' raises it\\);")]
    [InlineData(300, "", "--engine threads",
        "1[0-9][0-9] connections at once \\(the descriptor limit, and the engine threads takes more than one for each; " +
        "'ulimit -n' raises it\\);")]
    [InlineData(300, "--max-connections 50", "--engine threads", "50 connections at once;")]
    [ThoroughData(2000, "--max-connections 960", "--engine select", "960 connections at once;")]
    public async Task The_limits_tell_what_lowers_them_and_its_cure(int descriptors, string most, string engine, string limits)
    {
        SkipUnlessItRuns(engine.Split(' ')[1]);
        await using var tool = ToolProcess.Shell($"ulimit -n {descriptors}; exec \"$ZOCALO\" echo 127.0.0.1:0 {engine} {most} -v");
        await tool.ErrorAsync($"^limits: {limits}");
        tool.Signal(LibC.SignalTerminate);
        Assert.DoesNotContain("warning", (await tool.ExitedAsync()).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_select_can_watch_is_a_warning_when_it_was_asked_for()
    {
        SkipUnlessItRuns("select");
        (var tool, var _) = await ToolProcess.EchoAsync("--engine", "select", "--max-connections", "5000", "--json");
        await using var __ = tool;
        await tool.ErrorAsync("\"event\":\"log\",\"level\":\"Warning\",\"message\":\"The limit on connections is [0-9]+, since");
        await tool.ErrorAsync("\"event\":\"limits\",\"connections\":[0-9]+,\"lowered\":true,\"loweredBy\":\"(Engine|Descriptors)\"");
    }

    internal static void SkipUnlessItRuns(string engine) =>
        Assert.SkipUnless(Engine.TryCreate(engine, out _, out var reason), reason ?? "");
}
