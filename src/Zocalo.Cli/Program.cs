namespace Zocalo.Cli;

/// <summary>The entry point: the version at once, everything else through <see cref="Tool"/>.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        // Scripts ask for the version often; it needs neither the grammar nor the library.
        int exitCode = args is ["--version"] ? Tool.PrintVersion() : await Tool.RunAsync(args);
        EventOutput.Standard.Flush();
        return exitCode;
    }

    /// <summary>Ends the process now, with what it has still to say.</summary>
    public static void Exit(int exitCode)
    {
        EventOutput.Standard.Flush();
        Environment.Exit(exitCode);
    }
}
