using System.Text;

namespace Zocalo.Cli.Tests;

/// <summary>
/// The tool in this process: for command lines that are refused before anything is opened. A process for each of them would take
/// most of the time of all tests. One run at a time: standard error is the process's.
/// </summary>
internal static class ToolHere
{
    private static readonly SemaphoreSlim OneAtATime = new(1);
    private static readonly List<string> Lines = [];
    private static readonly EventOutput Errors = new(line => Lines.Add(Encoding.UTF8.GetString(line)), 1 << 20, TimeProvider.System);

    public static async Task<ToolResult> RunAsync(params string[] arguments)
    {
        Assert.True(await OneAtATime.WaitAsync(ToolProcess.Patience), "the run before this one has not ended");
        var before = EventOutput.Standard;
        try
        {
            EventOutput.Standard = Errors;
            var exitCode = await Tool.RunAsync(arguments).WaitAsync(ToolProcess.Patience);
            Assert.True(Errors.Flush(), "the lines were not written");
            return new ToolResult(exitCode, [], [.. Lines.Select(line => line.TrimEnd('\n'))]);
        }
        finally
        {
            EventOutput.Standard = before;
            Lines.Clear();
            OneAtATime.Release();
        }
    }
}
