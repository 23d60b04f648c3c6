using System.CommandLine;

namespace Zocalo.Cli;

/// <summary>From the words of the command line to an exit code: understand them, run the command, turn failures into one line.</summary>
internal static class Tool
{
    private const string About = """
        Sockets done right, at the command line: an echo server, a client, a listener, messages in frames, and a tour.

        zocalo tour
        zocalo echo :5346
        zocalo connect :5346 --send 'Hello world!'
        zocalo listen :8080 > upload

        Exit codes:

        0          done
        1          network: refused, reset, unreachable, unresolved, address in use; clients aborted by a stop
        2          usage or local: bad option, bad address, unreadable input, a broken frame in a file
        124        a deadline passed
        130, 143   ended by SIGINT and SIGTERM (a server that drains on the first one: 0)

        When the reader of standard output goes away, as in '| head -1', the tool ends quietly with 0.

        Colour is used by the tour only, on a terminal, and not when NO_COLOR is set.
        """;

    private static async Task<int> Main(string[] args)
    {
        // Scripts ask for the version often; it needs neither the grammar nor the library.
        int exitCode = args is ["--version"] ? PrintVersion() : await RunAsync(args);
        EventOutput.Standard.Flush();
        return exitCode;
    }

    /// <summary>Ends the process now, with what it has still to say.</summary>
    public static void Exit(int exitCode)
    {
        EventOutput.Standard.Flush();
        Environment.Exit(exitCode);
    }

    public static async Task<int> RunAsync(string[] args)
    {
        ParseResult parsed = Grammar().Parse(args, new ParserConfiguration
        {
            // '@name' is data here (an abstract Unix socket, a text to send), never a file of options.
            ResponseFileTokenReplacer = null,
        });
        if (parsed.Action is System.CommandLine.Help.HelpAction)
        {
            return Print(HelpText.Of(parsed.CommandResult.Command));
        }
        if (parsed.Action is PrintVersionAction)
        {
            return PrintVersion();
        }
        if ((RawArguments.FindFault(args) ?? UsageError.Find(parsed)) is { } fault)
        {
            Events events = args.Contains("--json") ? new JsonEvents(Volume.Normal) : new TextEvents(Volume.Normal, Volume.Normal);
            return events.Fail(new ToolException(fault, ExitCode.Usage));
        }
        // Signals and exceptions are the commands' own business, not System.CommandLine's.
        return await parsed.InvokeAsync(
            new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>Runs a command's work; what it throws becomes one line and an exit code.</summary>
    public static async Task<int> GuardAsync(Events events, Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (BrokenPipeException)
        {
            return ExitCode.Done;
        }
        catch (Exception failure)
        {
            return events.Fail(ExitSummary.Of(failure));
        }
    }

    public static int PrintVersion()
    {
        Version version = typeof(Tool).Assembly.GetName().Version!;
        return Print($"zocalo {version.ToString(3)}\n");
    }

    /// <summary>The words that the tool understands.</summary>
    internal static RootCommand Grammar()
    {
        var root = new RootCommand(About);
        foreach (VersionOption option in root.Options.OfType<VersionOption>())
        {
            option.Action = new PrintVersionAction();
        }
        root.Add(TourCommand.Create());
        root.Add(EchoCommand.Create());
        root.Add(ConnectCommand.Create());
        root.Add(ListenCommand.Create());
        root.Add(FrameCommand.Create());
        return root;
    }

    /// <summary>Writes a text to standard output.</summary>
    public static int Print(string text)
    {
        try
        {
            StandardStream.Output.Write(text);
            return ExitCode.Done;
        }
        catch (BrokenPipeException)
        {
            return ExitCode.Done;
        }
        catch (IOException failure)
        {
            return new TextEvents(Volume.Normal, Volume.Normal).Fail(
                new ToolException($"cannot write to standard output ({failure.Message})", ExitCode.Usage));
        }
    }

    private sealed class PrintVersionAction : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult) => PrintVersion();
    }
}
