using System.CommandLine;
using System.CommandLine.Help;
using System.Text;

namespace Zocalo.Cli;

/// <summary>
/// The text of <c>--help</c>. System.CommandLine's own shows defaults as .NET prints them (<c>00:00:30</c>,
/// <c>2147483647</c>) and the whole description of each command in the list of commands.
/// </summary>
internal static class HelpText
{
    private const int Width = 100;
    private const int Indent = 2;

    public static string Of(Command command)
    {
        var text = new StringBuilder().Append("usage: ").Append(UsageOf(command)).Append("\n\n").Append(command.Description).Append('\n');
        IEnumerable<(string, string)> commands = command.Subcommands.Select(each => (each.Name + ArgumentsOf(each), FirstLine(each.Description)));
        IEnumerable<(string, string)> arguments = command.Arguments.Select(each => (each.HelpName ?? each.Name, each.Description ?? ""));
        IEnumerable<(string, string)> options = command.Options
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

    private static string FirstLine(string? text) => (text ?? "").Split('\n')[0];

    private static void AppendTable(StringBuilder text, string title, IEnumerable<(string Name, string Meaning)> rows)
    {
        (string Name, string Meaning)[] all = [.. rows];
        if (all.Length == 0)
        {
            return;
        }

        text.Append('\n').Append(title).Append(":\n");
        int column = Indent + all.Max(row => row.Name.Length) + 2;
        foreach ((string name, string meaning) in all)
        {
            text.Append(' ', Indent).Append(name.PadRight(column - Indent));
            int at = column;
            foreach (string word in meaning.Split(' '))
            {
                if (at > column && at + 1 + word.Length > Width)
                {
                    text.Append('\n').Append(' ', column);
                    at = column;
                }
                else if (at > column)
                {
                    text.Append(' ');
                    at++;
                }

                text.Append(word);
                at += word.Length;
            }

            text.Append('\n');
        }
    }
}
