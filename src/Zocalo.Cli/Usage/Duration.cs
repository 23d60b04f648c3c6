using System.Globalization;

namespace Zocalo.Cli;

/// <summary>Times as people write them: <c>500ms</c>, <c>2s</c>, <c>1.5m</c>, <c>1h</c>. A bare number is seconds, as with sleep(1) and
/// timeout(1).</summary>
internal static class Duration
{
    // The longest that a timer of .NET can wait is a little more than this.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    private static readonly char[] Letters = [.. "abcdefghijklmnopqrstuvwxyz"];

    public static bool TryParse(string text, out TimeSpan duration, out string error)
    {
        duration = default;
        error = "";
        string number = text.TrimEnd(Letters);
        string suffix = text[number.Length..];
        double unit = suffix switch
        {
            "ms" => 1,
            "s" or "" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => 0,
        };
        if (!double.TryParse(
                number,
                NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out double value)
            || !double.IsFinite(value))
        {
            error = $"'{text}' is not a time; write 2 (seconds), 2s, 500ms or 1m";
        }
        else if (unit == 0)
        {
            error = $"'{suffix}' is not a unit of time; write {number}ms, {number}s, {number}m or {number}h";
        }
        else if (value * unit < 1)
        {
            error = $"'{text}' is too short; the least is 1ms";
        }
        else if (value * unit > Longest.TotalMilliseconds)
        {
            error = $"'{text}' is too long; the most is {Longest.TotalHours:0}h";
        }
        else
        {
            duration = TimeSpan.FromMilliseconds(value * unit);
        }
        return error.Length == 0;
    }

    /// <summary>The shortest way to write it, for a line that a person reads.</summary>
    public static string Format(TimeSpan duration) => duration switch
    {
        { TotalMilliseconds: < 1_000 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.###} ms"),
        { TotalSeconds: <= 120 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.###} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMinutes:0.###} min"),
    };
}
