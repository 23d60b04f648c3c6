using System.Buffers;
using Zocalo.Framing.Decoding;

namespace Zocalo.Framing.Formats;

/// <summary>A message ends at the first delimiter.</summary>
internal sealed class DelimitedFormat : FrameFormat
{
    private readonly Pattern _delimiter;

    internal DelimitedFormat(ReadOnlySpan<byte> delimiter, int maxFrameLength, string? name = null) : base(
        name ?? $"Delimited(0x{Convert.ToHexString(delimiter)})", maxFrameLength)
    {
        if (delimiter.Length is 0 or > byte.MaxValue)
        {
            throw new ArgumentException($"A delimiter has 1 to 255 bytes, not {delimiter.Length}.", nameof(delimiter));
        }
        _delimiter = new Pattern(delimiter);
    }

    public override long MaxWireLength => (long)MaxFrameLength + _delimiter.Length;

    public override FrameDecoder CreateDecoder() => _delimiter.Length == 1
        ? new ByteDelimitedDecoder(_delimiter.Bytes[0], MaxFrameLength)
        : new DelimitedDecoder(_delimiter, MaxFrameLength);

    public override void Encode(ReadOnlySpan<byte> payload, IBufferWriter<byte> into)
    {
        CheckLength(payload.Length);
        var at = payload.IndexOf(_delimiter.Bytes);
        if (at < 0 && _delimiter.OverlapsItself)
        {
            at = FindAcrossTheEnd(payload);
        }
        if (at >= 0)
        {
            throw new ArgumentException(
                $"The message would end at its byte {at}: {Name} cannot carry its own delimiter. Escape it, or use a format that " +
                "carries any bytes, such as Frames.LengthPrefixed.",
                nameof(payload));
        }
        into.WriteWith(payload, _delimiter.Bytes);
    }

    internal override bool CanContain(ReadOnlySpan<byte> part, bool atEnd) =>
        part.IndexOf(_delimiter.Bytes) < 0 && !(atEnd && _delimiter.OverlapsItself && FindAcrossTheEnd(part) >= 0);

    /// <summary>The position of a delimiter that begins in the message and ends in the real delimiter, as with the message <c>ab</c> and
    /// the delimiter <c>abab</c>.</summary>
    private int FindAcrossTheEnd(ReadOnlySpan<byte> payload)
    {
        var tail = payload[^Math.Min(payload.Length, _delimiter.Length - 1)..];
        Span<byte> end = stackalloc byte[tail.Length + _delimiter.Length];
        tail.CopyTo(end);
        _delimiter.Bytes.CopyTo(end[tail.Length..]);
        var at = end.IndexOf(_delimiter.Bytes);
        return at == tail.Length ? -1 : payload.Length - tail.Length + at;
    }
}
