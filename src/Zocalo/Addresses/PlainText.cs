using System.Globalization;
using System.Text;

namespace Zocalo.Addresses;

/// <summary>
/// What may stand in a log or on a terminal as it is. The rest is escaped: an address may come from a peer or a configuration file, and
/// must not move the cursor, forge a line, or read differently from what it is.
/// </summary>
internal static class PlainText
{
    private const int LongestQuote = 120;

    /// <summary>The first character that is not plain, or is one of <paramref name="forbidden"/>; null when there is none.</summary>
    public static string? FirstUnfit(string text, string forbidden = "")
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsPlain(rune) || forbidden.Contains(rune.ToString(), StringComparison.Ordinal))
                return rune.ToString();
        }
        return null;
    }

    /// <summary>The text in double quotes, with escapes, and cut where it is very long.</summary>
    public static string Quote(string text)
    {
        var shown = text.Length <= LongestQuote ? text : text[..LongestQuote];
        shown = shown.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return $"\"{Escape(shown)}\"{(text.Length <= LongestQuote ? "" : $"… ({text.Length} characters)")}";
    }

    /// <summary>The text with <c>\n</c>, <c>\u001b</c> and so on in the place of what is not plain.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            escaped.Append(rune.Value switch
            {
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                '\0' => @"\0",
                _ when IsPlain(rune) => rune.ToString(),
                var value => string.Create(CultureInfo.InvariantCulture, $@"\u{value:x4}"),
            });
        }
        return escaped.ToString();
    }

    // Format characters are invisible, and some reverse the order in which the rest is shown. Spaces other than the common one look like
    // it. The replacement character stands for an unpaired surrogate here, or for text that was broken before.
    private static bool IsPlain(Rune rune) => rune.Value == ' ' || (rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.SpaceSeparator or
         UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));
}
