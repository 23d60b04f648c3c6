using System.Diagnostics;

namespace Zocalo.Tests.Guide;

/// <summary>A sample, or a program that talks to one, running. It must end by itself; one that does not within 30 s fails its
/// test.</summary>
internal sealed class SampleProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private SampleProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public static SampleProcess Start(string sample, params string[] arguments) =>
        StartProgram(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [GuideFiles.SampleProgram(sample), .. arguments]);

    /// <summary>Another program, at the other end of a sample.</summary>
    public static SampleProcess StartProgram(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new SampleProcess(Process.Start(start)!);
    }

    public Task<string?> ReadLineAsync() => _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);

    public void PressEnter() => _process.StandardInput.WriteLine();

    /// <summary>The rest of its output, its standard error and its exit code.</summary>
    public async Task<Outcome> EndAsync()
    {
        var output = await _process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return new(output.ReplaceLineEndings("\n").TrimEnd(), (await _errors).TrimEnd(), _process.ExitCode);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        _process.Dispose();
    }

    internal sealed record Outcome(string Output, string Errors, int ExitCode);
}
