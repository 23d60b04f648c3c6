using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary><c>--engine</c> and what sets it up.</summary>
internal sealed class EngineOption
{
    private const string Name = "--engine";
    private const string Auto = "auto";

    private readonly Option<string> _engine = new(Name)
    {
        Description = "Who waits for the sockets: async (the thread pool), threads (one each), select or epoll (event loops), or auto. "
            + "Where one cannot run async does its work, and a warning says why; NAME,strict refuses instead. "
            + "[default: the one that ZOCALO_ENGINE names, or auto]",
        HelpName = "NAME[,strict]",
        DefaultValueFactory = _ => Auto,
        CustomParser = result =>
        {
            string choice = result.Tokens[0].Value;
            if (!Engine.TryChoose(choice, null, out _, out string? reason))
            {
                result.AddError($"{Name}: {reason}");
            }
            return choice;
        },
    };

    private readonly Option<int> _loops = SharedOptions.Count(
        "--loops", "How many event loops select or epoll has, a thread each. [default: one for each processor]", 0, most: 1024);

    private readonly Option<bool> _noRescue = SharedOptions.Flag(
        "--no-rescue", "When a handler blocks a loop of epoll, do not take the loop over: its other connections wait.");

    public void AddTo(Command command)
    {
        command.Add(_engine);
        command.Add(_loops);
        command.Add(_noRescue);
    }

    /// <exception cref="ToolException">It cannot run here, and no other one will do.</exception>
    public Engine Read(ParseResult parsed, Events events)
    {
        var options = new EngineOptions { Loops = parsed.GetValue(_loops), Rescue = !parsed.GetValue(_noRescue) };
        string choice = parsed.GetValue(_engine)!;
        if (!Engine.TryChoose(choice, options, out Engine? engine, out string? reason))
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
