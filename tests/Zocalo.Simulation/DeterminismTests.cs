using System.Diagnostics;
using Zocalo.Simulation.Workload;
using Zocalo.Testing;

namespace Zocalo.Simulation;

/// <summary>The same seed gives the same trace, to the byte: in this process and in others, whatever the processors, the collector and the compiler do, and whatever ran before.</summary>
public sealed class DeterminismTests
{
    private const int Seeds = 100;
    private const int Connections = 30;
    private static readonly TimeSpan Cap = TimeSpan.FromMinutes(2);

    // Not those of the exploration.
    private const int First = 1_000_001;

    private static readonly Lazy<Task<string[]>> s_here = new(() => DigestsHereAsync(First, Seeds));

    [Fact]
    public async Task The_same_seed_twice_gives_the_same_trace() =>
        Assert.Equal(await s_here.Value, await DigestsHereAsync(First, Seeds));

    [Fact]
    public async Task Two_seeds_give_two_traces() =>
        Assert.Equal(Seeds, (await s_here.Value).Select(line => line.Split(' ')[1]).Distinct().Count());

    /// <param name="settings">Of the other process's environment.</param>
    [Theory]
    [InlineData("")]
    [InlineData("DOTNET_PROCESSOR_COUNT=1")]
    [InlineData("DOTNET_PROCESSOR_COUNT=7;DOTNET_gcServer=1")]
    [InlineData("DOTNET_TieredPGO=0;DOTNET_TieredCompilation=0")]
    [InlineData("DOTNET_GCgen0size=40000;DOTNET_ThreadPool_ForceMinWorkerThreads=16")]
    public async Task Another_process_gives_the_same_traces(string settings)
    {
        // String hash codes, process ids, addresses and start-up times are another's there anyway.
        var there = await DigestsOfProcessAsync(settings);
        Assert.Equal(await s_here.Value, there);
    }

    [Fact]
    public async Task What_ran_before_and_runs_beside_leaves_no_mark()
    {
        // Ids, pools and caches of the process have moved on, and move while it runs.
        var tally = new Tally();
        var beside = Explore.Seeds(40, net => Run.OnAsync(net, 20, FaultMix.All, tally));
        var digests = await DigestsHereAsync(First + 20, 20);
        await beside;
        Assert.Equal((await s_here.Value)[20..40], digests);
    }

    private static async Task<string[]> DigestsHereAsync(int first, int count)
    {
        var digests = new List<string>();
        for (var seed = first; seed < first + count; seed++)
        {
            digests.Add($"{seed} {await Digests.OfAsync((ulong)seed, Connections)}");
        }
        return [.. digests];
    }

    private static async Task<string[]> DigestsOfProcessAsync(string settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Replay.dll"), $"{First}", $"{Seeds}", $"{Connections}"]) { RedirectStandardOutput = true };
        start.Environment.Remove(Explore.SeedVariable);
        foreach (var setting in settings.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = (setting.Split('=')[0], setting.Split('=')[1]);
            start.Environment[name] = value;
        }
        using var process = Process.Start(start)!;
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Cap);
            await process.WaitForExitAsync().WaitAsync(Cap);
            Assert.Equal(0, process.ExitCode);
            return output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
