namespace Zocalo.Cli.Tests;

/// <summary>For what nobody announces: looked for again and again, with a limit.</summary>
internal static class Waiting
{
    public static Task UntilAsync(Func<bool> holds, string otherwise) => UntilAsync(() => Task.FromResult(holds()), otherwise);

    public static async Task UntilAsync(Func<Task<bool>> holds, string otherwise)
    {
        using var patience = new CancellationTokenSource(ToolProcess.Patience);
        while (!await holds())
        {
            Assert.False(patience.IsCancellationRequested, otherwise);
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }
}
