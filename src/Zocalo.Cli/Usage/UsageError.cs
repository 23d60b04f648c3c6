using System.CommandLine;
using System.CommandLine.Parsing;

namespace Zocalo.Cli;

/// <summary>
/// What is wrong with a command line, in one line with the way out. System.CommandLine alone would take an unknown
/// <c>--option</c> for the address, since a positional argument swallows whatever is left over.
/// </summary>
internal static class UsageError
{
    /// <summary>The first fault, or null when there is none.</summary>
    public static string? Find(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var help = $"see '{NameOf(parsed)} --help'";
        var option = Leftovers(parsed).FirstOrDefault(word => word.StartsWith('-'));
        if (option is not null)
        {
            var name = option.Split('=')[0];
            var known = NamesOf(command);
            if (known.Contains(name))
            {
                return $"'{name}' is an option of '{NameOf(parsed)}'; write it after that: {NameOf(parsed)} {option}";
            }
            return $"unknown option '{name}'{DidYouMean(name, known)}; {help}";
        }
        if (command.Subcommands.Count > 0)
        {
            var known = command.Subcommands.Select(candidate => candidate.Name);
            return parsed.UnmatchedTokens is [var word, ..]
                ? $"unknown command '{word}'{DidYouMean(word, known.Concat(["--help", "--version"]))}; {help}"
                : $"say what to do: {string.Join(", ", known)}; {help}";
        }
        if (parsed.UnmatchedTokens is [var extra, ..])
        {
            return $"'{extra}' is one word too many; {help}";
        }
        if (parsed.CommandResult.Children.OfType<ArgumentResult>().Any(argument => argument.Errors.Any())
            && parsed.CommandResult.Tokens.Count == 0)
        {
            return $"the address is missing; write '{NameOf(parsed)} 127.0.0.1:5346', or {help}";
        }
        return parsed.Errors is not [var first, ..] ? null : first switch
        {
            { SymbolResult: OptionResult { Tokens: [] } bare } => $"{bare.Option.Name} needs a value ({bare.Option.Name}=VALUE); {help}",
            { SymbolResult: OptionResult { Tokens.Count: > 1 } twice } when !twice.Option.AllowMultipleArgumentsPerToken
                => $"{twice.Option.Name} is given more than once; {help}",
            _ => first.Message,
        };
    }

    private static string[] NamesOf(Command command) =>
        [.. command.Options.Where(candidate => !candidate.Hidden).SelectMany(candidate => candidate.Aliases.Append(candidate.Name))];

    // Words that became no option: those that nothing matched, and those that the address took.
    private static IEnumerable<string> Leftovers(ParseResult parsed) =>
        parsed.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .Select(token => token.Value)
            .Concat(parsed.UnmatchedTokens);

    private static string NameOf(ParseResult parsed) => HelpText.NameOf(parsed.CommandResult.Command);

    /// <summary><c>, did you mean 'listen'?</c> for a slip; empty for another word.</summary>
    internal static string DidYouMean(string word, IEnumerable<string> known)
    {
        (string Name, int Distance) nearest = known
            .Select(name => (name, Distance(Letters(word), Letters(name))))
            .DefaultIfEmpty(("", int.MaxValue))
            .MinBy(pair => pair.Item2);

        // More than two letters apart is another word, not a slip; more than half of a short word as well.
        return nearest.Distance <= Math.Min(2, Letters(word).Length / 2) ? $", did you mean '{nearest.Name}'?" : "";
    }

    private static string Letters(string word) => word.TrimStart('-').ToLowerInvariant();

    // Levenshtein distance, one row at a time.
    internal static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[to.Length];
    }
}
