using System.Runtime.CompilerServices;
using Zocalo.Framing.Decoding;

namespace Zocalo.Framing.Formats;

/// <summary>A length in a fixed number of ASCII digits goes before the message.</summary>
internal sealed class DigitsPrefixedFormat(int digits, int maxFrameLength)
    : HeaderFormat($"Digits({digits})", Math.Min(maxFrameLength, GreatestOf(digits)), digits)
{
    private readonly int _digits = digits;

    public override FrameDecoder CreateDecoder() => new HeaderDecoder<DigitsHeader>(new(_digits, MaxFrameLength));

    protected override void Check(int payload)
    {
        if (payload > MaxFrameLength && MaxFrameLength == GreatestOf(_digits))
        {
            throw new ArgumentException(
                $"A message of {payload} bytes is too long for {Name}, whose digits count at most {MaxFrameLength}: use more digits on " +
                "both sides, or send less.",
                nameof(payload));
        }
        CheckLength(payload);
    }

    protected override int WriteHeader(Span<byte> header, int payload)
    {
        var rest = (uint)payload;
        for (var at = _digits - 1; at >= 0; at--)
        {
            (rest, var digit) = Math.DivRem(rest, 10);
            header[at] = (byte)('0' + digit);
        }
        return _digits;
    }

    private static int GreatestOf(int digits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(digits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digits, 9);
        var greatest = 0;
        for (var i = 0; i < digits; i++)
        {
            greatest = (10 * greatest) + 9;
        }
        return greatest;
    }
}

/// <summary>Only the digits 0 to 9: what number parsers accept besides (signs, spaces, digits of other alphabets) is refused, at its
/// byte.</summary>
internal readonly struct DigitsHeader(int digits, int maxFrameLength) : IFrameHeader
{
    public int MaxLength => digits;

    public int DeliveredLength => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FrameStep Read(ReadOnlySpan<byte> bytes, out int headerLength)
    {
        headerLength = digits;
        var value = 0u;
        foreach (var character in bytes.Length < digits ? bytes : bytes[..digits])
        {
            var digit = (uint)character - '0';
            if (digit > 9)
            {
                return FrameStep.Corrupt;
            }
            value = (10 * value) + digit;
        }
        if (bytes.Length < digits)
        {
            return FrameStep.Incomplete;
        }
        return value > (uint)maxFrameLength ? FrameStep.Corrupt : FrameStep.Frame(digits + (int)value);
    }

    public FrameError Explain(ReadOnlySpan<byte> bytes)
    {
        var value = 0;
        for (var i = 0; i < digits; i++)
        {
            if (!char.IsAsciiDigit((char)bytes[i]))
            {
                return new FrameError("not a digit in the length", i, null, bytes[i]) { InHexadecimal = true };
            }
            value = (10 * value) + bytes[i] - '0';
        }
        return FrameError.OverLimit(value, maxFrameLength);
    }
}
