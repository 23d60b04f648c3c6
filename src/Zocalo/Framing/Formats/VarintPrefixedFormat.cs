using System.Runtime.CompilerServices;
using Zocalo.Framing.Decoding;

namespace Zocalo.Framing.Formats;

/// <summary>A length in LEB128 goes before the message: seven bits in each byte, the lowest first; the top bit says that another byte
/// follows.</summary>
internal sealed class VarintPrefixedFormat(int maxFrameLength) : HeaderFormat(
    "Varint", maxFrameLength, VarintHeader.LengthOf(maxFrameLength))
{
    public override FrameDecoder CreateDecoder() => new HeaderDecoder<VarintHeader>(new(MaxFrameLength));

    protected override int WriteHeader(Span<byte> header, int payload)
    {
        var rest = (uint)payload;
        var at = 0;
        while (rest >= 0x80)
        {
            header[at++] = (byte)(rest | 0x80);
            rest >>= 7;
        }
        header[at++] = (byte)rest;
        return at;
    }
}

/// <summary>Only the shortest encoding: two programs may disagree about a length that can be written in two ways.</summary>
internal readonly struct VarintHeader(int maxFrameLength) : IFrameHeader
{
    public int MaxLength => LengthOf(maxFrameLength);

    public int DeliveredLength => 0;

    internal static int LengthOf(int value)
    {
        var length = 1;
        for (var rest = (uint)value >> 7; rest > 0; rest >>= 7)
        {
            length++;
        }
        return length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FrameStep Read(ReadOnlySpan<byte> bytes, out int headerLength)
    {
        uint first = bytes[0];
        if (first < 0x80 && first <= (uint)maxFrameLength)
        {
            headerLength = 1;
            return FrameStep.Frame((int)first + 1);
        }
        if (bytes.Length > 1 && bytes[1] is > 0 and < 0x80)
        {
            var value = (first & 0x7F) | ((uint)bytes[1] << 7);
            if (first >= 0x80 && value <= (uint)maxFrameLength)
            {
                headerLength = 2;
                return FrameStep.Frame((int)value + 2);
            }
        }
        return ReadLong(bytes, out headerLength);
    }

    private FrameStep ReadLong(ReadOnlySpan<byte> bytes, out int headerLength)
    {
        long value = 0;
        for (headerLength = 1; headerLength <= bytes.Length; headerLength++)
        {
            var last = bytes[headerLength - 1];
            value = With(last, headerLength, value);
            if (value > maxFrameLength || IsOverlong(last, headerLength))
            {
                return FrameStep.Corrupt;
            }
            if (Ends(last))
            {
                return FrameStep.Frame(headerLength + (int)value);
            }
        }
        return FrameStep.Incomplete;
    }

    public FrameError Explain(ReadOnlySpan<byte> bytes)
    {
        long value = 0;
        for (var length = 1; ; length++)
        {
            var last = bytes[length - 1];
            value = With(last, length, value);
            if (value > maxFrameLength)
            {
                return Ends(last)
                    ? FrameError.OverLimit(value, maxFrameLength)
                    : new FrameError("the length is over the limit; it goes on, and is at least", 0, maxFrameLength, value);
            }
            if (IsOverlong(last, length))
            {
                return new FrameError("the length is overlong, written in more bytes than it needs", 0, null, value);
            }
        }
    }

    private static bool Ends(byte last) => last < 0x80;

    private static bool IsOverlong(byte last, int length) => last == 0 && length > 1;

    /// <summary>The value after one more byte; while more bytes follow, the least value that it can become. So the first byte that exceeds
    /// the limit is noticed.</summary>
    private static long With(byte last, int length, long value)
    {
        var shift = 7 * (length - 1);
        var promised = length == 1 ? 0 : 1L << shift;       // the least value of this byte, by the byte before
        var promise = Ends(last) ? 0 : 1L << (shift + 7);
        return value - promised + ((long)(last & 0x7F) << shift) + promise;
    }
}
