using System.Buffers;

namespace Zocalo.Framing.Formats;

/// <summary>Encodes every format that puts a header, which may be empty, before the payload, and perhaps constant bytes after it. A payload
/// in several segments is copied once.</summary>
/// <param name="name">The format's name.</param>
/// <param name="maxFrameLength">The longest payload, in bytes.</param>
/// <param name="greatestHeader">The greatest length of a header, in bytes.</param>
/// <param name="deliveredHeader">The number of the header's last bytes that are also the payload's first bytes. If there are any, every
/// header has <paramref name="greatestHeader"/> bytes.</param>
/// <param name="trailer">The bytes after each payload.</param>
internal abstract class HeaderFormat(
    string name,
    int maxFrameLength,
    int greatestHeader,
    int deliveredHeader = 0,
    byte[]? trailer = null) : FrameFormat(name, maxFrameLength)
{
    private readonly byte[] _trailer = trailer ?? [];

    public override long MaxWireLength => (long)MaxFrameLength + greatestHeader - deliveredHeader + _trailer.Length;

    public override void Encode(ReadOnlySpan<byte> payload, IBufferWriter<byte> into)
    {
        Check(payload.Length);
        var most = greatestHeader + payload.Length + _trailer.Length;
        if (most <= BufferWriterExtensions.SmallFrame)
        {
            var frame = into.GetSpan(most);
            var length = Begin(payload[..deliveredHeader], frame, payload.Length);
            var body = payload[deliveredHeader..];
            body.CopyTo(frame[length..]);
            length += body.Length;
            if (_trailer.Length > 0)
            {
                _trailer.CopyTo(frame[length..]);
            }
            into.Advance(length + _trailer.Length);
            return;
        }
        into.Advance(Begin(payload[..deliveredHeader], into.GetSpan(greatestHeader), payload.Length));
        into.Write(payload[deliveredHeader..]);
        WriteTrailer(into);
    }

    public override void Encode(in Frame payload, IBufferWriter<byte> into)
    {
        if (payload.IsContiguous)
        {
            Encode(payload.Span, into);
            return;
        }
        Check(payload.Length);
        into.Advance(Begin(payload.Slice(0, deliveredHeader).Span, into.GetSpan(greatestHeader), payload.Length));
        into.WritePieces(payload.Slice(deliveredHeader, payload.Length - deliveredHeader));
        WriteTrailer(into);
    }

    /// <summary>The shortest payload, in bytes.</summary>
    protected virtual int LeastPayload => 0;

    /// <summary>
    /// A mark may fix a part of the header's length: is there a payload whose header fits? Above the default limit this is assumed, not
    /// searched for.
    /// </summary>
    internal override bool CanBeginWith(ReadOnlySpan<byte> mark)
    {
        if (!base.CanBeginWith(mark))
        {
            return false;
        }
        if (MaxFrameLength > DefaultMaxFrameLength)
        {
            return true;
        }
        var header = new byte[Math.Max(greatestHeader, sizeof(ulong))];
        for (var payload = LeastPayload; payload <= MaxFrameLength; payload++)
        {
            // Bytes that the format does not decide are those of the mark.
            mark[..Math.Min(mark.Length, greatestHeader)].CopyTo(header);
            var length = WriteHeader(header, payload);
            FillInMark(header.AsSpan(0, length), mark);
            var common = Math.Min(mark.Length, length);
            if (mark[..common].SequenceEqual(header.AsSpan(0, common)))
            {
                return true;
            }
        }
        return false;
    }

    /// <exception cref="ArgumentException">The format has no frame with a payload of that length.</exception>
    protected virtual void Check(int payload) => CheckLength(payload);

    /// <summary>Writes the header of a payload of that length. The delivered part of the header is already there.</summary>
    /// <returns>The header's length.</returns>
    protected abstract int WriteHeader(Span<byte> header, int payload);

    private void WriteTrailer(IBufferWriter<byte> into)
    {
        if (_trailer.Length > 0)
        {
            into.Write(_trailer);
        }
    }

    private int Begin(ReadOnlySpan<byte> delivered, Span<byte> header, int payload)
    {
        if (!delivered.IsEmpty)
        {
            delivered.CopyTo(header[(greatestHeader - deliveredHeader)..]);
        }
        return WriteHeader(header, payload);
    }
}
