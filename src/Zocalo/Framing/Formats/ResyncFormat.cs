using System.Buffers;
using Zocalo.Framing.Decoding;

namespace Zocalo.Framing.Formats;

/// <summary>Another format, whose frames all begin with the same bytes: after a corrupt frame, reading continues where these bytes come
/// next.</summary>
internal sealed class ResyncFormat : FrameFormat
{
    private readonly FrameFormat _inner;
    private readonly Pattern _mark;

    internal ResyncFormat(FrameFormat inner, ReadOnlySpan<byte> startMark) : base($"{inner.Name}+Resync", inner.MaxFrameLength)
    {
        if (startMark.Length is 0 or > byte.MaxValue)
        {
            throw new ArgumentException($"A start mark has 1 to 255 bytes, not {startMark.Length}.", nameof(startMark));
        }
        if (!inner.CanBeginWith(startMark))
        {
            throw new ArgumentException(
                $"No frame of {inner.Name} begins with 0x{Convert.ToHexString(startMark)}: give the bytes with which its frames begin on "
                    + "the wire.",
                nameof(startMark));
        }
        _inner = inner;
        _mark = new Pattern(startMark);
    }

    public override long MaxWireLength => _inner.MaxWireLength;

    public override FrameDecoder CreateDecoder() => new ResyncDecoder(_inner.CreateDecoder(), _mark);

    public override void Encode(ReadOnlySpan<byte> payload, IBufferWriter<byte> into)
    {
        // Written only if it begins with the mark: the receiver would skip any other frame.
        using var frame = PooledWriter.Take();
        _inner.Encode(payload, frame);
        _inner.FillInMark(frame.Written, _mark.Bytes);
        if (!frame.Written.StartsWith(_mark.Bytes))
        {
            throw new ArgumentException(
                $"A frame of {_inner.Name} with this message does not begin with the start mark 0x{Convert.ToHexString(_mark.Bytes)}: " +
                "the receiver would skip it.",
                nameof(payload));
        }
        into.Write(frame.Written);
    }

    internal override int LeastOwnLength => _inner.LeastOwnLength;

    internal override void FillIn(Span<byte> message, int payload) => _inner.FillIn(message, payload);

    internal override void FillInMark(Span<byte> frame, ReadOnlySpan<byte> mark) => _inner.FillInMark(frame, mark);

    internal override bool CanBeginWith(ReadOnlySpan<byte> mark) => base.CanBeginWith(mark) && _inner.CanBeginWith(mark);

    internal override bool CanContain(ReadOnlySpan<byte> part, bool atEnd) => _inner.CanContain(part, atEnd);
}

/// <summary>
/// Gives another decoder the bytes that begin with the start mark, and skips all other bytes. Of a corrupt frame only the first byte is
/// skipped and the rest is searched again, so a good frame within the length that a corrupt header claims is found. Buffers nothing.
/// </summary>
internal sealed class ResyncDecoder(FrameDecoder inner, Pattern mark) : FrameDecoder
{
    private int _matched;       // bytes of the mark that the frame has so far
    private bool _inside;       // the other decoder has seen the mark

    internal override int OwnLength => inner.OwnLength;

    internal override bool IsInsideFrame => _inside;

    public override FrameStep Decode(ReadOnlySpan<byte> bytes)
    {
        if (_inside || (_matched == 0 && bytes.StartsWith(mark.Bytes)))
        {
            _inside = true;
            return Handle(inner.Decode(bytes));
        }
        var rest = mark.Bytes[_matched..];
        var common = bytes.CommonPrefixLength(rest);
        if (common == rest.Length)
        {
            return Enter(bytes[common..]);
        }
        if (common == bytes.Length)
        {
            _matched += common;
            return FrameStep.Incomplete;
        }
        if (_matched > 0)
        {
            _matched = 0;
            return FrameStep.Skip(1);       // the bytes after it come again
        }
        var at = bytes.IndexOf(mark.Bytes);
        return FrameStep.Skip(at >= 0 ? at : bytes.Length - mark.MatchedAtEnd(bytes, 0));
    }

    public override FrameStep Open(in Frame raw, out Frame payload) => Handle(inner.Open(raw, out payload));

    public override FrameStep DecodeEnd(int leftover)
    {
        if (!_inside)
        {
            return FrameStep.Incomplete;        // no frame has begun, or its mark was cut off: the other decoder has seen nothing
        }
        var step = inner.DecodeEnd(leftover);
        // No byte is left that could be skipped.
        return leftover == 0 && step.Status == FrameStatus.Corrupt ? FrameStep.Incomplete : Handle(step);
    }

    public override void ReleaseMemory() => inner.ReleaseMemory();

    /// <summary>The mark came in pieces and is complete now.</summary>
    private FrameStep Enter(ReadOnlySpan<byte> behind)
    {
        _matched = 0;
        _inside = true;
        var step = inner.Decode(mark.Bytes);
        return Handle(step.Status == FrameStatus.Incomplete && !behind.IsEmpty ? inner.Decode(behind) : step);
    }

    private FrameStep Handle(FrameStep step)
    {
        if (step.Status == FrameStatus.Incomplete)
        {
            return step;
        }
        _inside = false;
        HeaderLength = inner.HeaderLength;
        TrailerLength = inner.TrailerLength;
        return step.Status is FrameStatus.Frame or FrameStatus.Sealed ? step : Skip(step);
    }

    private FrameStep Skip(FrameStep step)
    {
        if (step.Status == FrameStatus.Corrupt)
        {
            return FrameStep.Skip(1);
        }
        _inside = inner.IsInsideFrame;
        return step;
    }
}
