using System.ComponentModel;

namespace Zocalo.Tests.Guide;

/// <summary>A Python program of tests/interop at the other end of a sample.</summary>
internal static class PythonPeer
{
    /// <summary>Starts it; without Python on this machine the test is skipped, or fails where the environment promises every program
    /// (ZOCALO_REQUIRE_PROGRAMS=1).</summary>
    public static SampleProcess Start(string script, params string[] arguments)
    {
        try
        {
            // -B: no bytecode files in the source tree.
            return SampleProcess.StartProgram("python3", ["-B", Repository.Path("tests", "interop", script), .. arguments]);
        }
        catch (Win32Exception)
        {
            Assert.False(
                Environment.GetEnvironmentVariable("ZOCALO_REQUIRE_PROGRAMS") == "1",
                "needs python3, and ZOCALO_REQUIRE_PROGRAMS allows no skip.");
            Assert.Skip("needs python3");
            throw;
        }
    }
}
