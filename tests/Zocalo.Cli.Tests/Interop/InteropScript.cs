using System.ComponentModel;
using System.Diagnostics;

namespace Zocalo.Cli.Tests.Interop;

/// <summary>Runs one of the scripts in tests/interop against the tool that was built beside these tests.</summary>
internal static class InteropScript
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Output by lines, what went to standard error, and the exit code; or null when there is no Python on this machine.</summary>
    public static async Task<Outcome?> RunAsync(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("python3")
        {
            // -B: no bytecode files in the source tree.
            ArgumentList = { "-B", Repository.Path("tests", "interop", script), "--zocalo", ToolProcess.Program },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        using var process = StartOrNull(start);
        if (process is null)
        {
            return null;
        }
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
        return new((await output).Split('\n', StringSplitOptions.RemoveEmptyEntries), await errors, process.ExitCode);
    }

    private static Process? StartOrNull(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    internal sealed record Outcome(IReadOnlyList<string> Lines, string Errors, int ExitCode);
}
