namespace Zocalo.Tests.Engines;

/// <summary>What the engines say of themselves.</summary>
public sealed class EngineTableTests
{
    [Fact]
    public void An_engine_has_a_name_and_what_others_lack()
    {
        Assert.Equal(("async", EngineCapabilities.None), (Engine.Async.Name, Engine.Async.Capabilities));
        if (OperatingSystem.IsLinux())
        {
            Assert.Equal(("threads", EngineCapabilities.ThreadPerConnection), (Engine.Threads.Name, Engine.Threads.Capabilities));
            Assert.Equal(("select", EngineCapabilities.Loops), (Engine.Select.Name, Engine.Select.Capabilities));
            Assert.Equal(
                ("epoll", EngineCapabilities.Loops | EngineCapabilities.Rescue), (Engine.Epoll.Name, Engine.Epoll.Capabilities));
        }
    }

    [Fact]
    public void The_engine_that_is_recommended_here_has_a_reason() => Assert.NotEqual("", Engine.AutoReason);
}
