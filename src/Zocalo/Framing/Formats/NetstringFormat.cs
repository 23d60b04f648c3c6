using System.Buffers.Text;

namespace Zocalo.Framing.Formats;

/// <summary>Netstrings, <c>5:hello,</c> (D. J. Bernstein, 1997): decimal digits without zeros in front, a colon, the message, a
/// comma.</summary>
internal sealed class NetstringFormat(int maxFrameLength) : HeaderFormat(
    "Netstring", maxFrameLength, $"{maxFrameLength}:".Length, trailer: ","u8.ToArray())
{
    public override FrameDecoder CreateDecoder() => new NetstringDecoder(MaxFrameLength);

    protected override int WriteHeader(Span<byte> header, int payload)
    {
        Utf8Formatter.TryFormat(payload, header, out var digits);
        header[digits] = (byte)':';
        return digits + 1;
    }
}

/// <summary>If the piece contains the comma, the frame is answered at once; else the bytes up to the comma are counted down.</summary>
internal sealed class NetstringDecoder : FrameDecoder
{
    private readonly int _maxFrameLength;
    private int _digits;        // of the length so far, from earlier pieces
    private int _length;        // the value of those digits
    private int _missing;       // after a colon in an earlier piece: bytes up to the comma, and the comma

    internal NetstringDecoder(int maxFrameLength)
    {
        _maxFrameLength = maxFrameLength;
        TrailerLength = 1;
    }

    public override FrameStep Decode(ReadOnlySpan<byte> bytes)
    {
        if (_missing > 0)
        {
            return ReadToComma(bytes);
        }
        var digits = _digits;
        long length = _length;
        for (var i = 0; i < bytes.Length; i++)
        {
            var digit = (uint)bytes[i] - '0';
            if (digit > 9 && bytes[i] == ':' && digits > 0)
            {
                return Begin((int)length, digits + 1, bytes[(i + 1)..]);
            }
            var longer = (10 * length) + digit;
            if (digit > 9 || (length == 0 && digits > 0) || longer > _maxFrameLength)
            {
                return Refuse(digits, bytes[i], longer);
            }
            length = longer;
            digits++;
        }
        _digits = digits;
        _length = (int)length;
        return FrameStep.Incomplete;
    }

    /// <summary>The header is complete.</summary>
    private FrameStep Begin(int length, int header, ReadOnlySpan<byte> rest)
    {
        HeaderLength = header;
        if (length < rest.Length)
        {
            _digits = 0;
            _length = 0;
            return End(length, rest[length]);
        }
        _length = length;
        _missing = length - rest.Length + 1;
        return FrameStep.Incomplete;
    }

    private FrameStep ReadToComma(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < _missing)
        {
            _missing -= bytes.Length;
            return FrameStep.Incomplete;
        }
        var (length, last) = (_length, bytes[_missing - 1]);
        (_digits, _length, _missing) = (0, 0, 0);
        return End(length, last);
    }

    private FrameStep End(int length, byte last) => last == ',' ? FrameStep.Frame(HeaderLength + length + 1) : RefuseEnd(length, last);

    // Errors are made in methods of their own: their stack space would cost every frame a nanosecond.
    private FrameStep Refuse(int digits, byte found, long length)
    {
        (_digits, _length) = (0, 0);
        return found is < (byte)'0' or > (byte)'9'
            ? Corrupt(Unexpected(
                digits == 0 ? "not a digit where the length begins" : "neither a digit nor a colon in the length", digits, found))
            : digits > 0 && length < 10
                ? Corrupt(new FrameError("the length has a zero in front"))
                : Corrupt(new FrameError("the length is over the limit; its first digits", 0, _maxFrameLength, length));
    }

    private FrameStep RefuseEnd(int length, byte found) =>
        Corrupt(Unexpected("no comma behind the payload, but", HeaderLength + length, found));

    private static FrameError Unexpected(string problem, int offset, byte found) =>
        new(problem, offset, null, found) { InHexadecimal = true };
}
