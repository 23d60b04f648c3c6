using System.Globalization;
using System.Text;

namespace Zocalo.Addresses;

/// <summary>
/// Decides which text may be written to a log or a terminal unchanged, and escapes the rest. An address may come from a peer or a
/// configuration file; it must not move the cursor, fake a log line, or look like another text.
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

    /// <summary>The text with <c>\n</c>, <c>\u001b</c> and so on instead of characters that are not plain.</summary>
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

    // Format characters are invisible, and some reverse the order in which the rest is shown. Other spaces look like the common one. The
    // replacement character means an unpaired surrogate here, or text that was damaged before.
    private static bool IsPlain(Rune rune) => rune.Value == ' ' || (rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.SpaceSeparator or
         UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));
}
