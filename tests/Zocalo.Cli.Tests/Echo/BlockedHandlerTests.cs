namespace Zocalo.Cli.Tests;

/// <summary>A handler that blocks its thread, and whoever shares its engine. The tool's own teaching aid, <c>--block-first</c>, is that
/// handler.</summary>
public sealed class BlockedHandlerTests
{
    private const string Longer = "60s";        // than anybody here waits

    [Theory]
    [ThoroughData("--engine async")]
    [ThoroughData("--engine threads")]
    [InlineData("--engine epoll --loops 1")]
    [ThoroughData("--engine epoll --loops 1 --handler plain")]
    [ThoroughData("--engine epoll --loops 1 --no-rescue --placement pool")]
    [InlineData("--engine select --loops 1 --placement pool")]
    public async Task The_others_are_served_meanwhile(string options)
    {
        EngineOptionTests.SkipUnlessItRuns(options.Split(' ')[1]);
        (var tool, var port) = await ToolProcess.EchoAsync([.. options.Split(' '), "--block-first", Longer]);
        await using var _ = tool;
        using var blocked = await Peer.ConnectAsync(port);
        await blocked.SendAsync("1");
        await tool.ErrorAsync("^note: the first client's handler blocks its thread for 60 s$");

        for (var i = 0; i < 3; i++)
        {
            using var other = await Peer.ConnectAsync(port);
            await other.SendAsync("2");
            Assert.Equal("2", await other.ReceiveAsync(1));
            other.Finish();
            Assert.Empty(await other.ReceiveAllAsync());
        }
        Assert.False(blocked.HasNews, "the blocked handler has answered: it did not block");
    }

    [Theory]
    [ThoroughData("--engine select --loops 1")]
    [InlineData("--engine epoll --loops 1 --no-rescue")]
    public async Task On_one_loop_without_rescue_the_others_wait(string options)
    {
        EngineOptionTests.SkipUnlessItRuns(options.Split(' ')[1]);
        (var tool, var port) = await ToolProcess.EchoAsync([.. options.Split(' '), "--block-first", "1s"]);
        await using var _ = tool;
        using var blocked = await Peer.ConnectAsync(port);
        await blocked.SendAsync("1");
        await tool.ErrorAsync("^note: the first client's handler blocks its thread for 1 s$");
        using var other = await Peer.ConnectAsync(port);
        await other.SendAsync("2");
        Assert.Equal("2", await other.ReceiveAsync(1));
        Assert.True(blocked.HasNews, "the other one was served while the loop was blocked");
        Assert.Equal("1", await blocked.ReceiveAsync(1));
    }

    [Fact]
    public async Task A_rescue_is_told_once()
    {
        EngineOptionTests.SkipUnlessItRuns("epoll");
        (var tool, var port) = await ToolProcess.EchoAsync("--engine", "epoll", "--loops", "1", "--block-first", "100ms");
        await using var _ = tool;
        using var blocked = await Peer.ConnectAsync(port);
        for (var i = 0; i < 3; i++)
        {
            await blocked.SendAsync("1");
            Assert.Equal("1", await blocked.ReceiveAsync(1));
        }
        await tool.ErrorAsync("^warning: The handler .* held up its event loop for more than 10 ms");
        tool.Signal(LibC.SignalTerminate);
        blocked.Finish();
        Assert.Single((await tool.ExitedAsync()).Errors, line => line.StartsWith("warning: ", StringComparison.Ordinal));
    }
}
