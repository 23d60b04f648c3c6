using Zocalo.Testing;

namespace Zocalo.Tests.Testing;

/// <summary>The seed to replay is in the process's environment: nothing that explores runs beside this.</summary>
[Collection<RunsAlone>]
public class SeedVariableTests
{
    [Fact(Timeout = Duo.Cap)]
    public async Task A_planted_failure_is_found_named_and_replayed()
    {
        var failed = await Assert.ThrowsAsync<SeedFailedException>(() => Explore.Seeds(200, ExploreTests.LosesAReply));
        Assert.IsType<InvalidOperationException>(failed.InnerException);
        Assert.Contains($"Seed {failed.Seed} fails", failed.Message, StringComparison.Ordinal);
        Assert.Contains("a reply was lost", failed.Message, StringComparison.Ordinal);
        Assert.Contains(failed.Replay, failed.Message, StringComparison.Ordinal);
        Assert.StartsWith($"ZOCALO_SEED={failed.Seed} dotnet test", failed.Replay, StringComparison.Ordinal);
        Assert.Contains(nameof(A_planted_failure_is_found_named_and_replayed), failed.Replay, StringComparison.Ordinal);
        Assert.Contains("coalesces", failed.Message, StringComparison.Ordinal);     // its trace

        var again = await WithSeed(
            failed.Seed.ToString(), () => Assert.ThrowsAsync<SeedFailedException>(() => Explore.Seeds(200, ExploreTests.LosesAReply)));
        Assert.Equal(failed.Message, again.Message);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task With_a_seed_in_the_environment_only_that_one_runs()
    {
        foreach (var seed in (ulong[])[0, 77, ulong.MaxValue])
        {
            var runs = new System.Collections.Concurrent.ConcurrentBag<ulong>();
            await WithSeed(seed.ToString(), async () =>
            {
                await Explore.Seeds(50, net =>
                {
                    runs.Add(net.Seed);
                    return runs.Count > 5 ? throw new InvalidOperationException("more than one") : Task.CompletedTask;
                });
                return 0;
            });
            Assert.Equal([seed], runs);
        }
        var wrong = await WithSeed("seven", () => Assert.ThrowsAsync<FormatException>(() => Explore.Seeds(1, _ => Task.CompletedTask)));
        Assert.Contains("seven", wrong.Message, StringComparison.Ordinal);
    }

    private static async Task<T> WithSeed<T>(string seed, Func<Task<T>> action)
    {
        var before = Environment.GetEnvironmentVariable(Explore.SeedVariable);
        Environment.SetEnvironmentVariable(Explore.SeedVariable, seed);
        try
        {
            return await action();
        }
        finally
        {
            Environment.SetEnvironmentVariable(Explore.SeedVariable, before);
        }
    }
}

/// <summary>For tests that change what belongs to the whole process.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class RunsAlone;
