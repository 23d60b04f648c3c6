using Zocalo.Simulation.Workload;
using Zocalo.Testing;

namespace Zocalo.Simulation;

/// <summary>The same seed gives the same trace, byte for byte: in this process and in others, with any number of processors, any collector
/// and compiler settings, and after any other run.</summary>
public sealed class DeterminismTests
{
    private static readonly int s_seeds = Thorough.IsOn ? 100 : 10;
    private const int Connections = 30;
    private static readonly TimeSpan Cap = TimeSpan.FromMinutes(10);      // a machine may be busy

    // Other seeds than those of the exploration.
    private const int First = 1_000_001;

    private static readonly Lazy<Task<string[]>> s_here = new(() => DigestsHereAsync(First, s_seeds));

    [Fact]
    public async Task The_same_seed_twice_gives_the_same_trace() =>
        Assert.Equal(await s_here.Value, await DigestsHereAsync(First, s_seeds));

    [Fact]
    public async Task Two_seeds_give_two_traces() =>
        Assert.Equal(s_seeds, (await s_here.Value).Select(line => line.Split(' ')[1]).Distinct().Count());

    /// <param name="settings">Environment variables of the other process.</param>
    [Theory]
    [InlineData("")]
    [InlineData("DOTNET_PROCESSOR_COUNT=1")]
    [InlineData("DOTNET_PROCESSOR_COUNT=7;DOTNET_gcServer=1")]
    [InlineData("DOTNET_TieredPGO=0;DOTNET_TieredCompilation=0")]
    [InlineData("DOTNET_GCgen0size=40000;DOTNET_ThreadPool_ForceMinWorkerThreads=16")]
    public async Task Another_process_gives_the_same_traces(string settings)
    {
        // String hash codes, process ids, addresses and start-up times are different there anyway.
        var there = await RunAsync(settings, $"{First}", $"{s_seeds}", $"{Connections}");
        Assert.Equal(await s_here.Value, there);
    }

    [Fact]
    public async Task A_program_without_tests_is_told_to_run_again_as_it_ran() =>
        Assert.Equal(
            ["ZOCALO_SEED=1 dotnet run -- fail 'with two words' --and=one"],
            await RunAsync("", "fail", "with two words", "--and=one"));

    [Fact]
    public async Task What_ran_before_and_runs_beside_leaves_no_mark()
    {
        // Ids, pools and caches of the process are in another state then, and change while it runs.
        var tally = new Tally();
        var beside = Explore.Seeds(s_seeds / 2, net => Run.OnAsync(net, 20, FaultMix.All, tally));
        var digests = await DigestsHereAsync(First + (s_seeds / 2), s_seeds / 4);
        await beside;
        Assert.Equal((await s_here.Value)[(s_seeds / 2)..(s_seeds * 3 / 4)], digests);
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

    /// <summary>The lines that another process writes.</summary>
    private static async Task<string[]> RunAsync(string settings, params string[] arguments)
    {
        var environment = settings.Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(setting => setting.Split('='))
            .ToDictionary(pair => pair[0], pair => (string?)pair[1]);
        environment[Explore.SeedVariable] = null;
        var output = await TestProgram.RunAsync("Replay", Cap, environment, arguments);
        return output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }
}
