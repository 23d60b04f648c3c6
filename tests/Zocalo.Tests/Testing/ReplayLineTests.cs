using System.Diagnostics;
using System.Runtime.CompilerServices;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing;

/// <summary>The line that replays a failure selects the test that ran, from wherever it explored.</summary>
public class ReplayLineTests
{
    private const string Here = "Zocalo.Tests.Testing.ReplayLineTests.";

    [Fact(Timeout = Duo.Cap)]
    public async Task It_names_the_test_that_explores() =>
        Names(nameof(It_names_the_test_that_explores), await FailAsync(() => Explore.Seeds(1, Fails)));

    [Fact(Timeout = Duo.Cap)]
    public async Task It_names_the_test_that_calls_a_helper() =>
        Names(nameof(It_names_the_test_that_calls_a_helper), await FailAsync(Helper));

    [Fact(Timeout = Duo.Cap)]
    public async Task It_names_the_test_that_awaits_a_helper_which_has_waited_itself() =>
        Names(nameof(It_names_the_test_that_awaits_a_helper_which_has_waited_itself), await FailAsync(HelperThatWaitsAsync));

    [Theory(Timeout = Duo.Cap)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task It_names_the_theory_of_a_row(int count) =>
        Names(nameof(It_names_the_theory_of_a_row), await FailAsync(() => Explore.Seeds(count, Fails)));

    /// <summary>As xunit would run it for a class that inherits its tests.</summary>
    public abstract class Inherited
    {
        [Fact(Timeout = Duo.Cap)]
        public async Task It_names_the_class_that_runs() =>
            Assert.EndsWith("ReplayLineTests+OfTheHeir.It_names_the_class_that_runs\"", await FailAsync(Helper), StringComparison.Ordinal);
    }

    public sealed class OfTheHeir : Inherited;

    [Fact(Timeout = Duo.Cap)]
    public void Without_a_framework_that_tells_the_stack_does()
    {
        Assert.Equal(nameof(MarkedTest), OnAThreadOfItsOwn(() => Task.FromResult(MarkedTest()))?.Method);
        Assert.Equal(nameof(MarkedTestAsync), OnAThreadOfItsOwn(MarkedTestAsync)?.Method);
        Assert.Equal(nameof(MarkedTestOf), OnAThreadOfItsOwn(() => MarkedTestOf(7))?.Method);
    }

    [Fact(Timeout = Duo.Cap)]
    public void Where_nobody_can_tell_it_says_so_and_the_seed_still_counts()
    {
        var replay = OnAThreadOfItsOwn(() => FailAsync(Helper));
        Assert.Equal("ZOCALO_SEED=1 dotnet test      # every test: which of them called Helper cannot be told from here", replay);
    }

    private static void Names(string test, string replay) =>
        Assert.Equal($"ZOCALO_SEED=1 dotnet test -- --filter-method \"{Here}{test}\"", replay);

    private static Task Fails(SimulatedNetwork net) => throw new InvalidOperationException("as it should");

    private static Task Helper() => Explore.Seeds(1, Fails);

    private static async Task HelperThatWaitsAsync()
    {
        await Task.Yield();
        await Helper();
    }

    private static async Task<string> FailAsync(Func<Task> explore) => (await Assert.ThrowsAsync<SeedFailedException>(explore)).Replay;

    /// <summary>No test's context comes there, and no test is on its stack.</summary>
    private static T OnAThreadOfItsOwn<T>(Func<Task<T>> work)
    {
        var result = default(T)!;
        var thread = new Thread(() => result = work().GetAwaiter().GetResult());
        thread.UnsafeStart();
        thread.Join();
        return result;
    }

    [TestMethod]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RunningTest? MarkedTest() => OfStack();

    [TestMethod]
    private static async Task<RunningTest?> MarkedTestAsync()
    {
        var found = await OfStackAsync();
        await Task.Yield();
        return found;
    }

    [DerivedTestMethod]
    private static async Task<RunningTest?> MarkedTestOf<T>(T _)
    {
        var found = await OfStackAsync();
        await Task.Yield();
        return found;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RunningTest? OfStack() => RunningTest.OfStack(new StackTrace());

    private static async Task<RunningTest?> OfStackAsync()
    {
        var found = OfStack();
        await Task.Yield();
        return found;
    }

    /// <summary>Of no framework: only its name is that of MSTest's.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private class TestMethodAttribute : Attribute;

    private sealed class DerivedTestMethodAttribute : TestMethodAttribute;
}
