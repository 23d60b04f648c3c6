namespace Zocalo.Cli;

/// <summary>The entry point: the version at once, everything else through <see cref="Tool"/>.</summary>
internal static class Program
{
    private static Task<int> Main(string[] args)
    {
        // Scripts ask for the version often; it needs neither the grammar nor the library.
        if (args is ["--version"])
        {
            return Task.FromResult(Tool.PrintVersion());
        }

        return Tool.RunAsync(args);
    }
}
