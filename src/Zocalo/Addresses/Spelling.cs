namespace Zocalo.Addresses;

/// <summary>Whether a word is one typing error away from another, for "did you mean".</summary>
internal static class Spelling
{
    /// <summary>One letter too many, one too few, one wrong, or two neighbours swapped. Equal words do not count.</summary>
    public static bool IsOneSlipApart(string written, string meant)
    {
        var start = written.AsSpan().CommonPrefixLength(meant);
        var a = written.AsSpan(start);
        var b = meant.AsSpan(start);
        // After the common beginning the one error can only be here, so the rest after it must be the same.
        return (a.Length, b.Length) switch
        {
            (0, 0) => false,
            var (x, y) when x == y + 1 => a[1..].SequenceEqual(b),
            var (x, y) when x + 1 == y => a.SequenceEqual(b[1..]),
            var (x, y) when x == y => a[1..].SequenceEqual(b[1..]) || (x > 1 && AreSwapped(a[..2], b[..2]) && a[2..].SequenceEqual(b[2..])),
            _ => false,
        };
    }

    private static bool AreSwapped(ReadOnlySpan<char> a, ReadOnlySpan<char> b) => a[0] == b[1] && a[1] == b[0];
}
