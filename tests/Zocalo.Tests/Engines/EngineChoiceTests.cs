using Zocalo.Engines;

namespace Zocalo.Tests.Engines;

/// <summary>Which engine <see cref="Engine.Auto"/> is.</summary>
public sealed class EngineChoiceTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    [InlineData("auto")]
    [InlineData("Auto,strict")]
    public void On_Linux_it_is_epoll_unless_the_environment_says_otherwise(string? asked)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux's calls.");
        var choice = EngineChoice.Make(asked);
        Assert.Same(Engine.Epoll, choice.Engine);
        Assert.False(choice.IsSecondChoice);
        Assert.False(choice.TryTell());
    }

    [Fact]
    public void Where_epoll_cannot_run_it_is_async_and_the_reason_is_told_once()
    {
        var choice = EngineChoice.FallBack("the kernel is of another opinion");
        Assert.Same(Engine.Async, choice.Engine);
        Assert.Equal("the kernel is of another opinion; the engine async is used", choice.Reason);
        Assert.True(choice.TryTell());
        Assert.False(choice.TryTell());
    }

    [Fact]
    public void The_environment_brings_async_back()
    {
        var choice = EngineChoice.Make("async");
        Assert.Same(Engine.Async, choice.Engine);
        Assert.Equal("ZOCALO_ENGINE asks for it", choice.Reason);
        Assert.False(choice.TryTell());
    }

    [Fact]
    public void A_name_that_is_none_is_told_when_the_engine_is_used()
    {
        var choice = EngineChoice.Make("epol");
        Assert.Contains("there is no engine named 'epol'", choice.Reason, StringComparison.Ordinal);
        Assert.IsType<RefusedEngine>(choice.Engine);
    }
}
