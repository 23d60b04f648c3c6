using System.Reflection;
using Xunit.v3;

namespace Zocalo;

/// <summary>In every test assembly.</summary>
public sealed class LimitsTests
{
    [Fact]
    public void Every_test_has_a_limit()
    {
        var without =
            from type in typeof(LimitsTests).Assembly.GetTypes()
            from method in type.GetMethods()
            from attribute in method.GetCustomAttributes().OfType<IFactAttribute>()
            where attribute.Timeout <= 0
            select $"{type.Name}.{method.Name}";
        Assert.Empty(without);
    }

    [Fact]
    public void A_test_at_its_limit_prints_the_waits_that_are_open()
    {
        using var open = OpenWaits.Begin("what never comes");
        OpenWaits.Begin("what came").Dispose();

        TestContext.Current.CancelCurrentTest();        // as xunit does at the limit

        var output = TestContext.Current.TestOutputHelper!.Output;
        Assert.Contains("waits for: what never comes", output);
        Assert.DoesNotContain("what came", output);
    }

    [Fact]
    public void The_end_of_an_assemblys_time_names_the_tests_that_run()
    {
        using var open = OpenWaits.Begin("what never comes");
        Assert.Contains(
            $"running: {TestContext.Current.Test!.TestDisplayName}\n  waits for: what never comes", RunningTestsAttribute.Describe());
    }
}
