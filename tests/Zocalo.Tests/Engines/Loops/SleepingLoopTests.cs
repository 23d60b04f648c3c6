using System.Reflection;
using Zocalo.Engines.Loops;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>What a loop that waits for events keeps alive.</summary>
public sealed class SleepingLoopTests
{
    private const BindingFlags Private = BindingFlags.Instance | BindingFlags.NonPublic;

    /// <summary>
    /// Read from the code, since the runtime inlines one method into another only after thousands of callbacks, and not always: a dropped
    /// connection was not found in one of ten runs of the contract beside a CPU load.
    /// </summary>
    [Fact]
    public void The_frames_of_a_loop_that_waits_hold_no_callback()
    {
        foreach (var name in new[] { "Run", "Step", "TryWait", "Dispatch" })
        {
            var locals = Method(name).GetMethodBody()!.LocalVariables.Select(local => local.LocalType);
            Assert.DoesNotContain(locals, type => type == typeof(WorkItem) || type == typeof(WorkItem).MakeByRefType());
        }
        Assert.Contains(Method("RunCallback").GetMethodBody()!.LocalVariables, local => local.LocalType == typeof(WorkItem));
        Assert.True(Method("RunCallback").MethodImplementationFlags.HasFlag(MethodImplAttributes.NoInlining));
    }

    private static MethodInfo Method(string name) => typeof(Loop).GetMethod(name, Private)!;
}
