using System.CommandLine;
using System.CommandLine.Help;

namespace Zocalo.Cli;

/// <summary>
/// The entry point. From the words of the command line to an exit code: understand them, run the command, turn failures into one line.
/// </summary>
internal static class Tool
{
    private const string About = """
        Sockets done right, at the command line: an echo server, a client, a listener, messages in frames, a look
        at a running server, and a tour.

        zocalo tour
        zocalo echo :5346
        zocalo connect :5346 --send 'Hello world!'
        zocalo listen :8080 > upload
        zocalo top 4711

        Exit codes:

        0          done
        1          network: refused, reset, unreachable, unresolved, address in use; clients aborted by a stop
        2          usage or local: bad option, bad address, unreadable input, a broken frame in a file
        124        a deadline passed
        130, 143   ended by SIGINT and SIGTERM (a server that drains on the first one: 0)

        When the reader of standard output goes away, as in '| head -1', the tool ends quietly with 0.

        Colour is used by tour and top only, on a terminal, and not when NO_COLOR is set.
        """;

    private static async Task<int> Main(string[] args)
    {
        // Scripts ask for the version often; it needs neither the grammar nor the library.
        var exitCode = args is ["--version"] ? PrintVersion() : await RunAsync(args);
        EventOutput.Standard.Flush();
        return exitCode;
    }

    public static async Task<int> RunAsync(string[] args)
    {
        var grammar = Grammar();
        var parsed = grammar.Parse(args, new ParserConfiguration
        {
            // '@name' is data here (an abstract Unix socket, a text to send), never a file of options.
            ResponseFileTokenReplacer = null,
        });
        if (parsed.Action is HelpAction)
        {
            return TextEvents.Print(HelpText.Of(parsed.CommandResult.Command));
        }
        if (parsed.Action == grammar.Options.OfType<VersionOption>().Single().Action)
        {
            return PrintVersion();
        }
        if ((RawCommandLine.FindFault(args) ?? UsageError.Find(parsed)) is { } fault)
        {
            Events events = args.Contains("--json") ? new JsonEvents(Volume.Normal) : new TextEvents(Volume.Normal, Volume.Normal);
            return events.Fail(new ToolException(fault, ExitCode.Usage));
        }
        // Signals and exceptions are the commands' own business, not System.CommandLine's.
        return await parsed.InvokeAsync(
            new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>The words that the tool understands.</summary>
    internal static RootCommand Grammar() => new(About)
    {
        TourCommand.Create(),
        EchoCommand.Create(),
        ConnectCommand.Create(),
        ListenCommand.Create(),
        FrameCommand.Create(),
        TopCommand.Create(),
    };

    private static int PrintVersion() => TextEvents.Print($"zocalo {typeof(Tool).Assembly.GetName().Version!.ToString(3)}\n");
}
