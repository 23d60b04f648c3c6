using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Zocalo.Cli.Tests;

/// <summary>
/// The built tool as a process: its standard input is ours to write, its output and its lines of standard error are
/// collected as they come. Every wait is capped by <see cref="Patience"/>; disposing kills what still runs.
/// </summary>
public sealed class ToolProcess : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly MemoryStream _output = new();
    private readonly List<string> _errors = [];
    private readonly Task _outputEnded;
    private readonly Task _errorsEnded;
    private Task _mayReadErrors = Task.CompletedTask;
    private TaskCompletionSource? _errorsPaused;
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ToolProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment["ZOCALO"] = Program;
        _process = Process.Start(start)!;
        _outputEnded = CollectOutputAsync();
        _errorsEnded = CollectErrorsAsync();
    }

    /// <summary>The tool as it is published, which the build of the tests does.</summary>
    public static string Program { get; } = Path.Combine(
        AppContext.BaseDirectory, "tool", OperatingSystem.IsWindows() ? "zocalo.exe" : "zocalo");

    public int Id => _process.Id;

    public Stream Input => _process.StandardInput.BaseStream;

    public static ToolProcess Start(params string[] arguments) => new(new ProcessStartInfo(Program, arguments));

    /// <summary>A line of shell, in which <c>"$ZOCALO"</c> is the tool: for redirections that a parent cannot make.</summary>
    public static ToolProcess Shell(string line) => new(new ProcessStartInfo("/bin/bash", ["-c", line]));

    public static ToolProcess Command(string program, params string[] arguments) => new(new ProcessStartInfo(program, arguments));

    /// <summary>Runs the tool to its end with an empty standard input.</summary>
    public static async Task<ToolResult> RunAsync(params string[] arguments)
    {
        await using var tool = Start(arguments);
        return await tool.FinishAsync();
    }

    public static async Task<ToolResult> RunShellAsync(string line)
    {
        await using var tool = Shell(line);
        return await tool.FinishAsync();
    }

    /// <summary>Starts <c>zocalo echo</c> on a free port, with more options.</summary>
    public static async Task<(ToolProcess Tool, int Port)> EchoAsync(params string[] options)
    {
        var tool = Start(["echo", "127.0.0.1:0", .. options]);
        return (tool, await tool.PortAsync());
    }

    public async Task WriteAsync(string text)
    {
        await Input.WriteAsync(Encoding.UTF8.GetBytes(text));
        await Input.FlushAsync();
    }

    public void EndInput() => _process.StandardInput.Close();

    /// <summary>That the process has gone before shows in its exit code.</summary>
    public void Signal(int number) => _ = LibC.Kill(_process.Id, number);

    /// <summary>The port in <c>listening on tcp://…:port</c> or in the JSON event.</summary>
    public async Task<int> PortAsync()
    {
        var match = await ErrorAsync("listening.*tcp://[^\"]*:([0-9]+)");
        return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Waits for a line of standard error that matches.</summary>
    public Task<Match> ErrorAsync(string pattern) => SeeAsync(() => Find(pattern), $"no line of standard error matches '{pattern}'");

    /// <summary>Waits until standard output contains a text.</summary>
    public Task OutputAsync(string text) =>
        SeeAsync(() => OutputSoFar().Contains(text, StringComparison.Ordinal) ? text : null, $"standard output never contained '{text}'");

    /// <summary>Reads standard error no further than it has (a few KiB may be read already).</summary>
    public void PauseErrors()
    {
        _errorsPaused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _mayReadErrors, _errorsPaused.Task);
    }

    public void ResumeErrors() => _errorsPaused?.TrySetResult();

    /// <summary>Waits until standard output has ended, while the process may go on.</summary>
    public async Task<string> OutputEndAsync()
    {
        await _outputEnded.WaitAsync(Patience);
        return OutputSoFar();
    }

    /// <summary>Ends standard input and waits for the exit.</summary>
    public Task<ToolResult> FinishAsync()
    {
        EndInput();
        return ExitedAsync();
    }

    /// <summary>Waits for the exit, whatever is still to be read.</summary>
    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    public async Task<ToolResult> ExitedAsync()
    {
        await Task.WhenAll(_process.WaitForExitAsync(), _outputEnded, _errorsEnded).WaitAsync(Patience);
        return new ToolResult(_process.ExitCode, _output.ToArray(), [.. _errors]);
    }

    public async ValueTask DisposeAsync()
    {
        ResumeErrors();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _process.Dispose();
    }

    private async Task<T> SeeAsync<T>(Func<T?> look, string otherwise)
        where T : class
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var news = Volatile.Read(ref _news).Task;
            var over = _outputEnded.IsCompleted && _errorsEnded.IsCompleted;
            if (look() is { } seen)
            {
                return seen;
            }
            try
            {
                await (over ? Task.FromCanceled(new CancellationToken(true)) : news).WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException(
                    $"{otherwise}; standard error:\n{string.Join('\n', Errors())}\nstandard output:\n{OutputSoFar()}");
            }
        }
    }

    private Match? Find(string pattern) => Errors().Select(line => Regex.Match(line, pattern)).FirstOrDefault(match => match.Success);

    private string[] Errors()
    {
        lock (_errors)
        {
            return [.. _errors];
        }
    }

    private string OutputSoFar()
    {
        lock (_output)
        {
            return Encoding.UTF8.GetString(_output.ToArray());
        }
    }

    private async Task CollectOutputAsync()
    {
        var chunk = new byte[64 * 1024];
        int count;
        while ((count = await _process.StandardOutput.BaseStream.ReadAsync(chunk)) > 0)
        {
            lock (_output)
            {
                _output.Write(chunk, 0, count);
            }
            Announce();
        }
        Announce();
    }

    private async Task CollectErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_errors)
            {
                _errors.Add(line);
            }
            Announce();
            await Volatile.Read(ref _mayReadErrors);
        }
        Announce();
    }

    private void Announce() => Interlocked.Exchange(ref _news, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}

/// <summary>What a process left behind.</summary>
public sealed record ToolResult(int ExitCode, byte[] OutputBytes, string[] Errors)
{
    public string Output => Encoding.UTF8.GetString(OutputBytes);

    public string Error => string.Join('\n', Errors);

    /// <summary>The lines that do not tell of a loop that was held up: on a busy machine a start may do that, and when it is told is
    /// chance.</summary>
    public string[] Events => [.. Errors.Where(line => !line.Contains("held up its event loop", StringComparison.Ordinal))];
}
