using Xunit.Sdk;
using Xunit.v3;

[assembly: TestPipelineStartup(typeof(Zocalo.AssemblyLimit))]

namespace Zocalo;

/// <summary>Ends the process when the tests of an assembly have not ended after <see cref="Limits.OfAnAssembly"/>: a run may fail, and may not hang.</summary>
internal sealed class AssemblyLimit : ITestPipelineStartup
{
    private readonly ManualResetEventSlim _over = new();

    public ValueTask StartAsync(IMessageSink diagnosticMessageSink)
    {
        // A thread of its own: what hangs may be the pool.
        new Thread(Watch) { IsBackground = true, Name = "limit of the test run" }.Start();
        return default;
    }

    public ValueTask StopAsync()
    {
        _over.Set();
        return default;
    }

    private void Watch()
    {
        if (!_over.Wait(Limits.OfAnAssembly))
        {
            // Not Exit: that waits for handlers, which may hang as well.
            Environment.FailFast($"The tests have not ended after {Limits.OfAnAssembly}.\n{RunningTestsAttribute.Describe()}");
        }
    }
}
