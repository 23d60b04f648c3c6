using System.Diagnostics;
using System.Globalization;

namespace Zocalo;

// Numbers in ASCII digits.
public readonly ref partial struct WireWriter
{
    private const int MostDigits = 18;
    private const int LongestDecimal = 20;

    /// <summary>Writes a number in exactly <paramref name="count"/> ASCII digits, zeros in front: <c>00042</c>.</summary>
    /// <param name="value">Not negative.</param>
    /// <param name="count">1 to 18.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative or needs more digits, or <paramref name="count"/> is not within
    /// 1 to 18. Nothing was written.</exception>
    public void WriteDigits(long value, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MostDigits);
        var room = _output.GetSpan(count);
        var left = value;
        for (var i = count - 1; i >= 0; i--)
        {
            (left, var digit) = Math.DivRem(left, 10);
            room[i] = (byte)('0' + digit);
        }
        if (left > 0)
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, $"The number has more than {count} digits.");
        }
        _output.Advance(count);
    }

    /// <summary>Writes a number in as many ASCII digits as it has, with a minus sign in front if it is negative. What follows must not be a
    /// digit.</summary>
    public void WriteDecimal(long value)
    {
        var written = value.TryFormat(_output.GetSpan(LongestDecimal), out var count, default, CultureInfo.InvariantCulture);
        Debug.Assert(written, "the longest number has 19 digits and a sign");
        _output.Advance(count);
    }
}
