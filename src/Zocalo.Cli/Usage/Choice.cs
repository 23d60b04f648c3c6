using System.CommandLine;

namespace Zocalo.Cli;

/// <summary>An option with a closed list of words, one for each member of an enum.</summary>
internal static class Choice
{
    public static Option<TChoice> Of<TChoice>(string name, string description, TChoice defaultChoice)
        where TChoice : struct, Enum
    {
        string[] words = [.. Enum.GetNames<TChoice>().Select(member => member.ToLowerInvariant())];
        return new Option<TChoice>(name)
        {
            Description = description,
            HelpName = string.Join('|', words),
            DefaultValueFactory = _ => defaultChoice,
            CustomParser = result =>
            {
                string word = result.Tokens[0].Value;
                int index = Array.IndexOf(words, word);
                if (index < 0)
                {
                    result.AddError($"{name}: '{word}' is not one of {string.Join(", ", words)}");
                    return defaultChoice;
                }
                return Enum.GetValues<TChoice>()[index];
            },
        };
    }
}
