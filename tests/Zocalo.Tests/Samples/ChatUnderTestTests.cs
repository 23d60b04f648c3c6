using ChatUnderTest;
using Zocalo.Testing;
using Zocalo.Tests.Testing;

namespace Zocalo.Tests.Samples;

/// <summary>The sample's own test, of about 20 lines, tells its two rooms apart. The seed to replay is the process's environment: nothing
/// that explores runs beside this.</summary>
[Collection<RunsAlone>]
public class ChatUnderTestTests
{
    [Fact(Timeout = Duo.Cap)]
    public async Task The_planted_bug_is_found_within_200_seeds()
    {
        var failed = await Assert.ThrowsAsync<SeedFailedException>(ChatTest.TheLastOneLeavesAnEmptyRoom<HastyRoom>);
        Assert.InRange(failed.Seed, 1UL, 200UL);
        Assert.IsType<InvalidOperationException>(failed.InnerException);
        Assert.StartsWith("everybody has gone, but the room says 'here: ", failed.InnerException.Message, StringComparison.Ordinal);
        Assert.Contains("client end: Reset", failed.Message, StringComparison.Ordinal);     // its trace
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task It_is_found_again_from_its_seed_alone_with_the_same_words_and_the_same_trace()
    {
        var found = await Assert.ThrowsAsync<SeedFailedException>(ChatTest.TheLastOneLeavesAnEmptyRoom<HastyRoom>);
        Assert.StartsWith($"ZOCALO_SEED={found.Seed} dotnet test", found.Replay, StringComparison.Ordinal);
        Environment.SetEnvironmentVariable(Explore.SeedVariable, found.Seed.ToString());
        try
        {
            var again = await Assert.ThrowsAsync<SeedFailedException>(ChatTest.TheLastOneLeavesAnEmptyRoom<HastyRoom>);
            Assert.Equal(found.Message, again.Message);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Explore.SeedVariable, null);
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public Task The_mended_room_passes_200_seeds() => ChatTest.TheLastOneLeavesAnEmptyRoom<CarefulRoom>();

    [Fact]
    public void The_sample_is_as_short_as_it_says()
    {
        foreach (var file in Directory.GetFiles(Repository.Path("samples", "ChatUnderTest"), "*.cs"))
        {
            Assert.InRange(File.ReadAllLines(file).Length, 1, 59);
        }
        var test = File.ReadAllLines(Repository.Path("samples", "ChatUnderTest", "ChatTest.cs"));
        var first = Array.FindIndex(test, line => line.Contains("Explore.Seeds", StringComparison.Ordinal));
        Assert.InRange(test.Length - 1 - first, 1, 21);     // without the class's last brace
    }
}
