using System.Diagnostics;

namespace Zocalo;

/// <summary>A program of tests/programs, which lies beside the test that runs it.</summary>
internal static class TestProgram
{
    /// <summary>Runs it to its end, which has to be a good one; killed when it takes too long.</summary>
    /// <param name="name">The program's.</param>
    /// <param name="cap">For all of it.</param>
    /// <param name="environment">Variables to set; null takes one away.</param>
    /// <param name="arguments">The program's.</param>
    /// <returns>What it has written to its standard output.</returns>
    internal static async Task<string> RunAsync(
        string name, TimeSpan cap, IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, $"{name}.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true };
        foreach (var (variable, value) in environment)
        {
            start.Environment[variable] = value;
        }
        using var process = Process.Start(start)!;
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(cap);
            await process.WaitForExitAsync().WaitAsync(cap);
            Assert.Equal(0, process.ExitCode);
            return output;
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
