namespace Zocalo.Cli;

/// <summary>
/// Ends this process when the parent that holds the other end of standard input dies, however it dies. Rejected:
/// PR_SET_PDEATHSIG, which follows the thread that started us, not the process, and exists on Linux only.
/// </summary>
internal static class ParentWatch
{
    public static void Start() => new Thread(Watch) { IsBackground = true, Name = "parent watch" }.Start();

    private static void Watch()
    {
        Span<byte> ignored = stackalloc byte[64];
        try
        {
            while (StandardStream.Input.Read(ignored) > 0)
            {
            }
        }
        catch (IOException)
        {
            // As good as an end.
        }
        Tool.Exit(ExitCode.Done);
    }
}
