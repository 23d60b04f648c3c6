using System.CommandLine;
using System.CommandLine.Help;
using System.Text;

namespace Zocalo.Cli;

/// <summary>
/// The text of <c>--help</c>: examples first, and nothing wider than a terminal of 80 columns. System.CommandLine's own
/// shows defaults as .NET prints them (<c>00:00:30</c>, <c>2147483647</c>), the whole description of each command in the
/// list of commands, and no examples.
/// </summary>
internal static class HelpText
{
    public const int Width = 80;
    private const int Indent = 2;
    private const int WidestName = 24;      // a longer one has a line of its own

    public static string Of(Command command)
    {
        var text = new StringBuilder().Append("usage: ").Append(UsageOf(command)).Append('\n');
        var paragraphs = (command.Description ?? "").ReplaceLineEndings("\n").Split("\n\n");
        foreach (var examples in paragraphs.Where(IsExamples))
        {
            text.Append("\nexamples:\n");
            foreach (var line in examples.TrimEnd().Split('\n'))
            {
                text.Append(' ', Indent).Append(line).Append('\n');
            }
        }
        foreach (var paragraph in paragraphs.Where(each => !IsExamples(each)))
        {
            text.Append('\n');
            AppendParagraph(text, paragraph);
        }
        var commands = command.Subcommands.Select(
            each => (each.Name + ArgumentsOf(each), (each.Description ?? "").Split('\n')[0]));
        var arguments = command.Arguments.Select(each => (each.HelpName ?? each.Name, each.Description ?? ""));
        var options = command.Options
            .Where(each => !each.Hidden && each is not HelpOption and not VersionOption)
            .Select(each => (NamesOf(each), each.Description ?? ""))
            .Append(("-h, --help", "Show this text."));
        if (command is RootCommand)
        {
            options = options.Append(("--version", "Show the version."));
        }
        AppendTable(text, "commands", commands);
        AppendTable(text, "arguments", arguments);
        AppendTable(text, "options", options);
        return text.ToString();
    }

    /// <summary>A command as it is typed: <c>zocalo frame encode</c>.</summary>
    public static string NameOf(Command command) =>
        command is RootCommand ? "zocalo" : $"{NameOf(command.Parents.OfType<Command>().First())} {command.Name}";

    /// <summary>Appends words up to the width; every line but the first is indented.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="words">The words of one line.</param>
    /// <param name="at">The column where the first line continues.</param>
    /// <param name="indent">The column of the others.</param>
    /// <param name="width">How wide a line may be.</param>
    /// <param name="continuation">What stands at the end of each line but the last, beyond the width.</param>
    public static void AppendWrapped(
        StringBuilder text, IEnumerable<string> words, int at, int indent, int width = Width, string continuation = "")
    {
        var isFirst = true;
        foreach (var word in words)
        {
            if (!isFirst && at + 1 + word.Length > width)
            {
                text.Append(continuation).Append('\n').Append(' ', indent);
                at = indent;
            }
            else if (!isFirst)
            {
                text.Append(' ');
                at++;
            }
            text.Append(word);
            at += word.Length;
            isFirst = false;
        }
        text.Append('\n');
    }

    public static void AppendWrapped(StringBuilder text, string line, int at, int indent) =>
        AppendWrapped(text, line.Split(' ', StringSplitOptions.RemoveEmptyEntries), at, indent);

    private static string UsageOf(Command command) =>
        $"{NameOf(command)}{(command.Subcommands.Count > 0 ? " COMMAND" : "")}{ArgumentsOf(command)} [options]";

    private static string ArgumentsOf(Command command) => string.Concat(command.Arguments.Select(argument =>
        argument.Arity.MinimumNumberOfValues == 0 ? $" [{argument.HelpName}]" : $" {argument.HelpName}"));

    // Short names first, then what the value is called.
    private static string NamesOf(Option option)
    {
        IEnumerable<string> names = option.Aliases.Append(option.Name).OrderBy(name => name.Length);
        return string.Join(", ", names) + (option.Arity.MaximumNumberOfValues == 0 ? "" : $" {option.HelpName}");
    }

    // The descriptions show how a command is typed in a paragraph of its own.
    private static bool IsExamples(string paragraph) => paragraph.StartsWith("zocalo ", StringComparison.Ordinal);

    // Running text is filled; a line with a gap of two blanks is a row of a table, and what follows the gap a column.
    private static void AppendParagraph(StringBuilder text, string paragraph)
    {
        var lines = paragraph.TrimEnd().Split('\n');
        if (!lines.Any(line => line.Contains("  ", StringComparison.Ordinal)))
        {
            AppendWrapped(text, string.Join(' ', lines), 0, 0);
            return;
        }
        foreach (var line in lines)
        {
            var gap = line.IndexOf("  ", StringComparison.Ordinal);
            var column = gap < 0 ? 0 : gap + line[gap..].TakeWhile(c => c == ' ').Count();
            text.Append(line.AsSpan(0, column));
            AppendWrapped(text, line[column..], column, column);
        }
    }

    private static void AppendTable(StringBuilder text, string title, IEnumerable<(string Name, string Meaning)> rows)
    {
        (string Name, string Meaning)[] all = [.. rows];
        if (all.Length == 0)
        {
            return;
        }
        text.Append('\n').Append(title).Append(":\n");
        var column = Indent + Math.Min(WidestName, all.Max(row => row.Name.Length)) + 2;
        foreach ((var name, var meaning) in all)
        {
            text.Append(' ', Indent).Append(name);
            var at = Indent + name.Length;
            if (at + 2 > column)
            {
                text.Append('\n');
                at = 0;
            }
            text.Append(' ', column - at);
            AppendWrapped(text, meaning, column, column);
        }
    }
}
