using System.CommandLine;

namespace Zocalo.Cli;

/// <summary>The options that every networking command has: how much to say, in which form, and by which engine.</summary>
internal sealed class SharedOptions
{
    private readonly ReportOptions _report = new("Say more on standard error: connections, totals, ends; each message with --frame.");

    private readonly EngineOption _engine = new();

    public void AddTo(Command command)
    {
        _engine.AddTo(command);
        _report.AddTo(command);
    }

    /// <summary>The engine that was asked for; why it is another one is told.</summary>
    public Engine Engine(ParseResult parsed, Events events) => _engine.Read(parsed, events);

    /// <summary>The reporter that the options ask for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="connections">The volume at which connections are news for this command.</param>
    public Events Events(ParseResult parsed, Volume connections) => _report.Events(parsed, connections);

    /// <summary>A switch: it takes no value, so that the next word can never be mistaken for one.</summary>
    public static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>How long a server that was asked to stop lets its clients finish.</summary>
    public static Option<TimeSpan> DrainTimeout() => Time(
        "--drain-timeout",
        "How long the clients may take to finish, after the first SIGINT or SIGTERM; then they are aborted (exit code 1). [default: 5s]",
        TimeSpan.FromSeconds(5));

    /// <summary>A time: seconds, or with its unit.</summary>
    public static Option<TimeSpan> Time(string name, string description, TimeSpan defaultTime) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        DefaultValueFactory = _ => defaultTime,
        CustomParser = result =>
        {
            if (!Duration.TryParse(result.Tokens[0].Value, out TimeSpan duration, out string error))
            {
                result.AddError($"{name}: {error}");
            }
            return duration;
        },
    };

    /// <summary>A whole number of at least 1.</summary>
    public static Option<int> Count(string name, string description, int defaultCount, int most = int.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => defaultCount,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!int.TryParse(
                    text,
                    System.Globalization.NumberStyles.None,
                    System.Globalization.CultureInfo.InvariantCulture,
                    out int count)
                || count < 1
                || count > most)
            {
                string limit = most == int.MaxValue
                    ? ""
                    : string.Create(System.Globalization.CultureInfo.InvariantCulture, $" and at most {most}");
                result.AddError($"{name}: '{text}' is not a count; write a whole number of at least 1{limit}");
            }
            return count;
        },
    };
}
