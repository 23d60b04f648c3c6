namespace Zocalo;

// Numbers in ASCII digits. Every number that these methods accept fits a long.
public ref partial struct WireReader
{
    private const int MostDigits = 18;
    private const int MostDecimalDigits = 19;

    /// <summary>Reads a number of exactly <paramref name="count"/> ASCII digits, zeros in front: <c>00042</c>.</summary>
    /// <param name="count">1 to 18.</param>
    /// <exception cref="WireException">Fewer bytes are left, or one of them is not a digit.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not within 1 to 18.</exception>
    public long ReadDigits(int count)
    {
        if (!TryReadDigits(count, out var value))
        {
            Throw(count == 1 ? "1 digit" : $"{count} digits", Has(count) ? "another byte among them" : Bytes(Remaining));
        }
        return value;
    }

    /// <summary>Reads what <see cref="ReadDigits"/> does, if the digits are there.</summary>
    /// <param name="count">1 to 18.</param>
    /// <param name="value">The number.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not within 1 to 18.</exception>
    public bool TryReadDigits(int count, out long value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MostDigits);
        value = 0;
        var bytes = Peek(stackalloc byte[MostDigits]);
        if (CountDigits(bytes, count) < count)
        {
            return false;
        }
        value = (long)ParseDigits(bytes[..count]);
        Advance(count);
        return true;
    }

    /// <summary>Reads a number of ASCII digits up to the first byte that is not a digit, or to the end: <c>42</c>, <c>-7</c>. A minus sign
    /// and zeros may be in front.</summary>
    /// <exception cref="WireException">There is no digit, there are more than 19, or the number needs more than 64 bits.</exception>
    public long ReadDecimal()
    {
        if (!TryTakeDecimal(out var value, out var found))
        {
            Throw("a decimal number of at most 64 bits", found);
        }
        return value;
    }

    /// <summary>Reads what <see cref="ReadDecimal"/> does, if it is there and fits.</summary>
    public bool TryReadDecimal(out long value) => TryTakeDecimal(out value, out _);

    private bool TryTakeDecimal(out long value, out string found)
    {
        // A sign, the digits, and one more byte to see where they end.
        var bytes = Peek(stackalloc byte[1 + MostDecimalDigits + 1]);
        var sign = bytes is [(byte)'-', ..] ? 1 : 0;
        var digits = CountDigits(bytes[sign..], MostDecimalDigits + 1);
        value = 0;
        if (digits is 0 or > MostDecimalDigits)
        {
            found = digits == 0 ? "no digit" : $"more than {MostDecimalDigits} digits";
            return false;
        }
        var magnitude = ParseDigits(bytes.Slice(sign, digits));     // 19 nines fit 64 bits without a sign
        if (magnitude > long.MaxValue + (ulong)sign)
        {
            found = "a greater one";
            return false;
        }
        found = "";
        value = sign == 0 ? (long)magnitude : (long)(0 - magnitude);
        Advance(sign + digits);
        return true;
    }

    private static int CountDigits(ReadOnlySpan<byte> bytes, int most)
    {
        var candidates = bytes[..Math.Min(bytes.Length, most)];
        var end = candidates.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return end < 0 ? candidates.Length : end;
    }

    private static ulong ParseDigits(ReadOnlySpan<byte> digits)
    {
        ulong value = 0;
        foreach (var digit in digits)
        {
            value = (value * 10) + (ulong)(digit - '0');
        }
        return value;
    }
}
