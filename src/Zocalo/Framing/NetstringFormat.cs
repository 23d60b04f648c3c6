using System.Buffers.Text;

namespace Zocalo.Framing;

/// <summary>Netstrings, <c>5:hello,</c> (D. J. Bernstein, 1997): decimal digits without zeros in front, a colon, the message, a comma.</summary>
internal sealed class NetstringFormat(int maxFrameLength) : HeaderFormat("Netstring", maxFrameLength, $"{maxFrameLength}:".Length, trailer: ","u8.ToArray())
{
    public override FrameDecoder CreateDecoder() => new NetstringDecoder(MaxFrameLength);

    protected override int WriteHeader(Span<byte> header, int payload)
    {
        Utf8Formatter.TryFormat(payload, header, out var digits);
        header[digits] = (byte)':';
        return digits + 1;
    }
}

/// <summary>A frame whose comma is in sight is answered at once; else the bytes until the comma are counted down.</summary>
internal sealed class NetstringDecoder : FrameDecoder
{
    private readonly int _maxFrameLength;
    private int _digits;        // of the length so far, from earlier pieces
    private int _length;        // what they say
    private int _missing;       // once the colon has come in an earlier piece: bytes up to and with the comma

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
            if (digit > 9)
            {
                return bytes[i] == ':' && digits > 0
                    ? Begin((int)length, digits + 1, bytes[(i + 1)..])
                    : Corrupt(Unexpected(digits == 0 ? "not a digit where the length begins" : "neither a digit nor a colon in the length", digits, bytes[i]));
            }
            if (length == 0 && digits > 0)
            {
                return Corrupt(new FrameError("the length has a zero in front"));
            }
            length = (10 * length) + digit;
            if (length > _maxFrameLength)
            {
                return Corrupt(new FrameError("the length is over the limit; its first digits", 0, _maxFrameLength, length));
            }
            digits++;
        }
        _digits = digits;
        _length = (int)length;
        return FrameStep.Incomplete;
    }

    /// <summary>The header is whole.</summary>
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

    private FrameStep End(int length, byte last) => last == ','
        ? FrameStep.Frame(HeaderLength + length + 1)
        : Corrupt(Unexpected("no comma behind the payload, but", HeaderLength + length, last));

    private static FrameError Unexpected(string problem, int offset, byte found) => new(problem, offset, null, found) { InHexadecimal = true };
}
