using System.CommandLine;

namespace Zocalo.Cli;

/// <summary>How much to say on standard error, and in which form.</summary>
internal sealed class ReportOptions(string verbose)
{
    private readonly Option<bool> _quiet = SharedOptions.Flag("-q", "Say nothing but errors.", "--quiet");
    private readonly Option<bool> _verbose = SharedOptions.Flag("-v", verbose, "--verbose");
    private readonly Option<bool> _json = SharedOptions.Flag("--json", "Write events to standard error as JSON, one object a line.");

    public void AddTo(Command command)
    {
        command.Add(_verbose);
        command.Add(_quiet);
        command.Add(_json);
    }

    /// <summary>The reporter that the options ask for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="connections">The volume at which connections are news for this command.</param>
    /// <param name="whenFull">What to do when events come faster than they are read.</param>
    public Events Events(ParseResult parsed, Volume connections, WhenFull whenFull = WhenFull.LeaveOut)
    {
        // Both at once: who asks for quiet means it.
        Volume volume = parsed.GetValue(_quiet) ? Volume.Quiet : parsed.GetValue(_verbose) ? Volume.Verbose : Volume.Normal;
        return parsed.GetValue(_json) ? new JsonEvents(volume, whenFull) : new TextEvents(volume, connections, whenFull);
    }
}
