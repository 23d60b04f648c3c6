using Xunit.Sdk;
using Xunit.v3;

[assembly: TestPipelineStartup(typeof(Zocalo.AssemblyLimit))]

namespace Zocalo;

/// <summary>Ends the process when no test of an assembly has ended for <see cref="Limits.OfAStandstill"/>: a run may fail, and may not
/// hang.</summary>
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
        long ended;
        do
        {
            ended = RunningTestsAttribute.EndedCount;
            if (_over.Wait(Limits.OfAStandstill))
            {
                return;
            }
        }
        while (RunningTestsAttribute.EndedCount > ended);
        // Not Exit: that waits for handlers, which may hang as well.
        Environment.FailFast($"No test has ended for {Limits.OfAStandstill}.\n{RunningTestsAttribute.Describe()}");
    }
}
