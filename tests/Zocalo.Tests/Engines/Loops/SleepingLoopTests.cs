using System.Reflection;
using Zocalo.Engines.Loops;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>What a loop that waits for events keeps alive.</summary>
public sealed class SleepingLoopTests
{
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>
    /// Read from the code, since the runtime inlines one method into another only after thousands of callbacks, and not always: a dropped
    /// connection was not found in one of ten runs of the contract beside a CPU load.
    /// </summary>
    [Fact]
    public void The_frame_of_a_loop_that_waits_holds_no_callback()
    {
        Assert.DoesNotContain(
            typeof(Loop).GetMethod("Run", Any)!.GetMethodBody()!.LocalVariables.Select(local => local.LocalType),
            type => type == typeof(WorkItem));
        Assert.True(typeof(Loop).GetMethod("Step", Any)!.MethodImplementationFlags.HasFlag(MethodImplAttributes.NoInlining));
    }
}
