using System.CommandLine;
using System.Globalization;

namespace Zocalo.Cli;

/// <summary>Reads the value of an option, or says what is wrong with it.</summary>
internal delegate bool TextParser<T>(string text, out T value, out string? error);

/// <summary>The kinds of options that there are, and those that several commands have.</summary>
internal static class Options
{
    public const string FrameName = "--frame";
    public const string InputName = "--input";
    public const string PrintName = "--print";

    /// <summary>What the file of a control socket is called at its end, so that it is found among the sockets of a process.</summary>
    public const string ControlSuffix = ".zocalo";

    /// <summary>Whether it stands on the command line, also with its default.</summary>
    public static bool IsGiven(this ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    public static void AddAll(this Command command, params ReadOnlySpan<Option> options)
    {
        foreach (var option in options)
        {
            command.Add(option);
        }
    }

    /// <summary>Says what a command does, and how it reports.</summary>
    public static void Does(this Command command, Func<ParseResult, Events> report, Func<ParseResult, Events, Task<int>> work) =>
        command.SetAction((parsed, _) =>
        {
            var events = report(parsed);
            return events.GuardAsync(() => work(parsed, events));
        });

    /// <summary>A switch: it takes no value, so that the next word can never be mistaken for one.</summary>
    public static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>A time: seconds, or with its unit.</summary>
    public static Option<TimeSpan> Time(string name, string description, TimeSpan defaultTime) =>
        Of(name, "TIME", description, Duration.TryParse, defaultTime);

    /// <summary>A whole number of at least 1.</summary>
    public static Option<int> Count(string name, string description, int defaultCount, int most = int.MaxValue) =>
        Of(name, "N", description, (text, out count, out error) =>
        {
            var isCount = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count >= 1 && count <= most;
            error = $"'{text}' is not a count; write a whole number of at least 1{(most == int.MaxValue ? "" : $" and at most {most}")}";
            return isCount;
        }, defaultCount);

    /// <summary>A closed list of words, one for each member of an enum.</summary>
    public static Option<TChoice> Choice<TChoice>(string name, string description, TChoice defaultChoice)
        where TChoice : struct, Enum
    {
        string[] words = [.. Enum.GetNames<TChoice>().Select(member => member.ToLowerInvariant())];
        return Of(name, string.Join('|', words), description, (text, out choice, out error) =>
        {
            var index = Array.IndexOf(words, text);
            choice = index < 0 ? defaultChoice : Enum.GetValues<TChoice>()[index];
            error = $"'{text}' is not one of {string.Join(", ", words)}";
            return index >= 0;
        }, defaultChoice);
    }

    public static Option<T> Of<T>(string name, string helpName, string description, TextParser<T> parse) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            if (!parse(result.Tokens[0].Value, out var value, out var error))
            {
                result.AddError($"{name}: {error}");
            }
            return value;
        },
    };

    public static Option<T> Of<T>(string name, string helpName, string description, TextParser<T> parse, T defaultValue)
    {
        var option = Of(name, helpName, description, parse);
        option.DefaultValueFactory = _ => defaultValue;
        return option;
    }

    /// <summary>An option that may be given several times, with a value each.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="helpName">What stands for a value in the help.</param>
    /// <param name="description">What it does.</param>
    /// <param name="findProblem">What is wrong with a value; null: nothing.</param>
    public static Option<string[]> Many(string name, string helpName, string description, Func<string, string?> findProblem) => new(name)
    {
        Description = description + " May be given more than once.",
        HelpName = helpName,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result =>
        {
            var problem = result.Tokens.Select(token => findProblem(token.Value)).FirstOrDefault(problem => problem is not null);
            if (problem is not null)
            {
                result.AddError($"{name}: {problem}");
            }
            return [.. result.Tokens.Select(token => token.Value)];
        },
    };

    /// <summary>How long a server that is stopping lets its clients finish.</summary>
    public static Option<TimeSpan> DrainTimeout() => Time(
        "--drain-timeout",
        "How long the clients may take to finish, after the first SIGINT or SIGTERM; then they are aborted (exit code 1). [default: 5s]",
        TimeSpan.FromSeconds(5));

    /// <summary>How messages are marked; null when it is not given: bytes without boundaries.</summary>
    public static Option<FrameFormat?> Frame(string purpose) => Of<FrameFormat?>(
        FrameName,
        "SPEC",
        $"{purpose} SPEC: {FrameSpec.Forms}; each but fixed takes ,max=SIZE, the longest message [default: max=1M].",
        FrameSpec.TryParse);

    /// <summary>Connections that can hold the longest frame.</summary>
    public static ConnectionOptions WithRoomFor(ConnectionOptions connection, FrameFormat? format) =>
        format is null ? connection : connection.WithRoomFor(format);

    /// <summary>How the messages to send are written.</summary>
    public static Option<InputForm> Input() => Choice(
        InputName,
        "How messages are written in the input: a line each, as it is, with the escapes of --send, or in hexadecimal; " +
        "or raw: all of it is one.",
        InputForm.Lines);

    /// <summary>How to show what was received.</summary>
    public static Option<PrintForm> Print(string description) => Choice(PrintName, description, PrintForm.Text);

    /// <summary>The form that the option gives; else the bytes themselves, or what cannot harm a terminal.</summary>
    public static PrintForm GetPrintForm(this ParseResult parsed, Option<PrintForm> print, bool toTerminal) =>
        toTerminal && !parsed.IsGiven(print) ? PrintForm.Safe : parsed.GetValue(print);
}
