using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary><c>--engine</c> and what sets it up.</summary>
internal sealed class EngineOption
{
    private const string Name = "--engine";

    private readonly Option<string> _engine = new(Name)
    {
        Description = "How bytes are moved: auto, async, threads, select or epoll; with ',strict' no other one will do where it cannot run. [default: auto, or ZOCALO_ENGINE]",
        HelpName = "NAME",
        DefaultValueFactory = _ => "auto",
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

    private readonly Option<int> _loops = SharedOptions.Count("--loops", "Event loops of select and epoll. [default: one for each processor]", 0);
    private readonly Option<bool> _noRescue = SharedOptions.Flag("--no-rescue", "Leave a loop of epoll to a handler that blocks it.");

    public void AddTo(Command command)
    {
        command.Add(_engine);
        command.Add(_loops);
        command.Add(_noRescue);
    }

    public Engine Read(ParseResult parsed, IEvents events)
    {
        var options = new EngineOptions { Loops = parsed.GetValue(_loops), Rescue = !parsed.GetValue(_noRescue) };
        if (!Engine.TryChoose(parsed.GetValue(_engine)!, options, out Engine? engine, out string? reason))
        {
            throw new ToolException($"{Name}: {reason}", ExitCode.Usage);
        }

        if (reason is not null)
        {
            events.Log(LogLevel.Warning, reason);
        }

        return engine;
    }
}
