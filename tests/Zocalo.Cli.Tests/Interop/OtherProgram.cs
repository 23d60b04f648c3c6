namespace Zocalo.Cli.Tests.Interop;

/// <summary>What happens when a test needs a program that is not installed.</summary>
internal static class OtherProgram
{
    /// <summary>Skips the test, with the program's name; or fails it where the environment promises every program
    /// (ZOCALO_REQUIRE_PROGRAMS=1).</summary>
    public static void IsMissing(string reason)
    {
        if (Environment.GetEnvironmentVariable("ZOCALO_REQUIRE_PROGRAMS") == "1")
        {
            Assert.Fail($"{reason}, and ZOCALO_REQUIRE_PROGRAMS allows no skip.");
        }
        Assert.Skip(reason);
    }
}
