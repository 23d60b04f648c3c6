namespace Zocalo.Cli.Tests.Interop;

/// <summary>The short form of `tests/interop/gigabyte.py --long`.</summary>
public class LargeTransferTests
{
    [Fact]
    public async Task Bytes_through_connect_and_echo_come_back_the_same_and_memory_stays_flat()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux's /proc");
        var outcome = await InteropScript.RunAsync("gigabyte.py", "--mebibytes", Thorough.IsOn ? "64" : "16");
        if (outcome is null)
        {
            OtherProgram.IsMissing("needs python3");
        }
        Assert.True(outcome!.ExitCode == 0, string.Join('\n', [.. outcome.Lines, outcome.Errors]));
    }
}
