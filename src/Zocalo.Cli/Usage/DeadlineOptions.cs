using System.CommandLine;

namespace Zocalo.Cli;

/// <summary>How long a client may take: the options that <c>echo</c> and <c>listen</c> share.</summary>
/// <param name="idleDefault">What help says of a client that is idle.</param>
internal sealed class DeadlineOptions(string idleDefault)
{
    private readonly Option<TimeSpan> _firstByte = Limit("--first-byte", "until its first byte has come. [default: no limit]");

    private readonly Option<TimeSpan> _idle = Limit("--idle", $"while nothing moves in either direction. [default: {idleDefault}]");

    private readonly Option<TimeSpan> _lifetime = Limit("--deadline", "in all. [default: no limit]");

    public void AddTo(Command command) => command.AddAll(_firstByte, _idle, _lifetime);

    /// <returns>Null when the command line sets none.</returns>
    public Deadlines? Read(ParseResult parsed) => new Option[] { _firstByte, _idle, _lifetime }.Any(parsed.IsGiven)
        ? new Deadlines { FirstByte = Get(parsed, _firstByte), Idle = Get(parsed, _idle), Lifetime = Get(parsed, _lifetime) }
        : null;

    private static Option<TimeSpan> Limit(string name, string what) => Options.Of<TimeSpan>(
        name,
        "TIME|none",
        $"How long a client may stay {what}",
        (text, out time, out error) =>
        {
            (time, error) = (Timeout.InfiniteTimeSpan, null);
            return text == "none" || Duration.TryParse(text, out time, out error);
        });

    private static TimeSpan? Get(ParseResult parsed, Option<TimeSpan> option) =>
        parsed.IsGiven(option) ? parsed.GetValue(option) : null;
}
