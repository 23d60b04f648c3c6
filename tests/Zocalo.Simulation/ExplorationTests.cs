using System.Diagnostics;
using System.Globalization;
using Zocalo.Simulation.Workload;
using Zocalo.Testing;

namespace Zocalo.Simulation;

/// <summary>Zocalo keeps its promises under every fault: the workload, over many seeds. A failure shows the seed and the line that replays
/// it.</summary>
public sealed class ExplorationTests(ITestOutputHelper output)
{
    [Fact]
    public async Task The_invariant_holds_under_every_fault()
    {
        var (seeds, connections) = Thorough.IsLong ? (10_000, 200) : (Thorough.IsOn ? 1_000 : 80, 50);
        var tally = new Tally();
        var watch = Stopwatch.StartNew();
        using (new UnobservedExceptions())
        {
            await Explore.Seeds(seeds, net => Run.OnAsync(net, connections, FaultMix.All, tally), new() { TraceLines = 200 });
        }
        Report(tally, watch.Elapsed);
        if (Environment.GetEnvironmentVariable(Explore.SeedVariable) is null or "")
        {
            Assert.All(Enum.GetValues<FaultKind>(), kind => Assert.True(tally[$"fault: {kind}"] > 0, $"{kind} was never drawn"));
        }
    }

    [Fact]
    public async Task Without_faults_every_connection_ends_as_its_programs_ended_it()
    {
        var tally = new Tally();
        var watch = Stopwatch.StartNew();
        await Explore.Seeds(Thorough.IsOn ? 60 : 10, net => Run.OnAsync(net, 50, FaultMix.None, tally), new() { TraceLines = 200 });
        Report(tally, watch.Elapsed);
    }

    [Fact]
    public async Task What_a_correct_program_never_notices_changes_no_end()
    {
        var tally = new Tally();
        var watch = Stopwatch.StartNew();
        await Explore.Seeds(Thorough.IsOn ? 60 : 10, net => Run.OnAsync(net, 50, FaultMix.Harmless, tally), new() { TraceLines = 200 });
        Report(tally, watch.Elapsed);
    }

    [Theory]
    [InlineData(FaultKind.Reset)]
    [InlineData(FaultKind.HostCrash)]
    [InlineData(FaultKind.LinkFlap)]
    [InlineData(FaultKind.SilentDeath)]
    [InlineData(FaultKind.HalfOpen)]
    [InlineData(FaultKind.LostFin)]
    public async Task The_invariant_holds_when_one_fault_is_frequent(FaultKind kind)
    {
        var tally = new Tally();
        var watch = Stopwatch.StartNew();
        var faults = FaultMix.Harmless.With(kind, 0.3);
        await Explore.Seeds(Thorough.IsOn ? 25 : 5, net => Run.OnAsync(net, 50, faults, tally), new() { TraceLines = 200 });
        Report(tally, watch.Elapsed);
    }

    private void Report(Tally tally, TimeSpan real) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{tally}{Environment.NewLine}{real.TotalSeconds:F1} s for {tally.Simulated.TotalSeconds:F0} s of simulated time: " +
        $"{tally.Simulated / real:F0} times as fast"));
}
