using System.Buffers;

namespace Zocalo.Framing.Formats;

/// <summary>Encodes every format that puts a header before the payload, and perhaps the same bytes behind each: a spread payload is copied
/// once, piece by piece.</summary>
/// <param name="name">The format's.</param>
/// <param name="maxFrameLength">The longest payload, in bytes.</param>
/// <param name="greatestHeader">The most bytes of a header.</param>
/// <param name="deliveredHeader">So many of the header's last bytes are the payload's first. If any, every header has
/// <paramref name="greatestHeader"/> bytes.</param>
/// <param name="trailer">Behind each payload.</param>
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
        if (most <= FramePieces.SmallFrame)
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
        into.Write(_trailer);
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
        into.Write(_trailer);
    }

    /// <summary>The shortest payload, in bytes.</summary>
    protected virtual int LeastPayload => 0;

    /// <summary>
    /// A mark that is a part of a header leaves the length open: is there one that a payload can have? Beyond the usual limit, that is
    /// taken for granted.
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
            mark[..Math.Min(mark.Length, greatestHeader)].CopyTo(header);       // what the format does not decide is as it must be
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

    /// <exception cref="ArgumentException">No frame has a payload of that length.</exception>
    protected virtual void Check(int payload) => CheckLength(payload);

    /// <summary>Writes the header of a payload of so many bytes. Its delivered part is there already.</summary>
    /// <returns>The header's length.</returns>
    protected abstract int WriteHeader(Span<byte> header, int payload);

    private int Begin(ReadOnlySpan<byte> delivered, Span<byte> header, int payload)
    {
        if (!delivered.IsEmpty)
        {
            delivered.CopyTo(header[(greatestHeader - deliveredHeader)..]);
        }
        return WriteHeader(header, payload);
    }
}
