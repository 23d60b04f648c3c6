using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary><c>--engine</c> and what sets it up.</summary>
internal sealed class EngineOption
{
    private const string Name = "--engine";
    private const string Auto = "auto";

    private readonly Option<string> _engine = Options.Of(
        Name,
        "NAME[,strict]",
        "Who waits for the sockets: async (the thread pool), threads (one each), select or epoll (event loops), or auto. "
            + "Where one cannot run async does its work, and a warning says why; NAME,strict refuses instead. "
            + "[default: the one that ZOCALO_ENGINE names, or auto]",
        (text, out choice, out error) => Engine.TryChoose(choice = text, null, out _, out error),
        Auto);

    private readonly Option<int> _loops = Options.Count(
        "--loops", "How many event loops select or epoll has, a thread each. [default: one for each processor, at most 16]", 0, most: 1024);

    private readonly Option<bool> _noRescue = Options.Flag(
        "--no-rescue", "When a handler blocks a loop of epoll, do not take the loop over: its other connections wait.");

    public void AddTo(Command command) => command.AddAll(_engine, _loops, _noRescue);

    /// <summary>The engine that the options choose; if it is another one, a warning says why.</summary>
    /// <exception cref="ToolException">It cannot run here, and no other one will do.</exception>
    public Engine Read(ParseResult parsed, Events events)
    {
        var options = new EngineOptions { Loops = parsed.GetValue(_loops), Rescue = !parsed.GetValue(_noRescue) };
        var choice = parsed.GetValue(_engine)!;
        if (!Engine.TryChoose(choice, options, out var engine, out var reason))
        {
            // The reason of auto names the variable that chose.
            throw new ToolException(choice == Auto ? reason! : $"{Name}: {reason}", ExitCode.Usage);
        }
        if (reason is not null)
        {
            events.Log(LogLevel.Warning, reason);
        }
        if (options.Loops > 0 && !engine.Capabilities.HasFlag(EngineCapabilities.Loops))
        {
            events.Log(LogLevel.Warning, $"--loops does nothing: the engine {engine.Name} has no event loops");
        }
        if (!options.Rescue && !engine.Capabilities.HasFlag(EngineCapabilities.Rescue))
        {
            events.Log(LogLevel.Warning, $"--no-rescue does nothing: the engine {engine.Name} has no rescue");
        }
        return engine;
    }
}

/// <summary>How much to say on standard error, and in which form.</summary>
internal sealed class ReportOptions(string verbose)
{
    private readonly Option<bool> _quiet = Options.Flag("-q", "Say nothing but errors.", "--quiet");
    private readonly Option<bool> _verbose = Options.Flag("-v", verbose, "--verbose");
    private readonly Option<bool> _json = Options.Flag("--json", "Write events to standard error as JSON, one object a line.");

    /// <summary>Those of the commands that have connections.</summary>
    public static ReportOptions OfConnections() =>
        new("Say more on standard error: connections, totals, ends; each message with --frame.");

    public void AddTo(Command command) => command.AddAll(_verbose, _quiet, _json);

    /// <summary>The reporter that the options ask for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="connections">The volume from which this command reports connections.</param>
    /// <param name="whenFull">What to do when events come faster than they are read.</param>
    public Events Events(ParseResult parsed, Volume connections, WhenFull whenFull = WhenFull.LeaveOut)
    {
        // Both at once: who asks for quiet means it.
        var volume = parsed.GetValue(_quiet) ? Volume.Quiet : parsed.GetValue(_verbose) ? Volume.Verbose : Volume.Normal;
        return parsed.GetValue(_json) ? new JsonEvents(volume, whenFull) : new TextEvents(volume, connections, whenFull);
    }
}
