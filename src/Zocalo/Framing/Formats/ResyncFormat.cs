using System.Buffers;
using Zocalo.Framing.Decoding;

namespace Zocalo.Framing.Formats;

/// <summary>Another format whose frames all begin with the same bytes: after a corrupt frame it goes on at the next place where these
/// stand.</summary>
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
        // Held back until it is seen to begin with the mark: a frame that does not would be skipped by the receiver.
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
/// Gives another decoder what begins with the start mark, and skips everything else. A corrupt frame loses its first byte; what is behind
/// it is searched anew, so a good frame inside what a corrupt length claimed is still found. Holds no bytes of its own, whatever comes.
/// </summary>
internal sealed class ResyncDecoder(FrameDecoder inner, Pattern mark) : FrameDecoder
{
    private int _matched;       // of the mark, by all that was seen of this frame
    private bool _inside;       // the other decoder has the mark

    internal override int OwnLength => inner.OwnLength;

    internal override bool IsInsideFrame => _inside;

    public override FrameStep Decode(ReadOnlySpan<byte> bytes)
    {
        if (_inside || (_matched == 0 && bytes.StartsWith(mark.Bytes)))
        {
            _inside = true;
            return Heed(inner.Decode(bytes));
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
            return FrameStep.Skip(1);       // the rest of what looked like a mark comes again, with what follows
        }
        var at = bytes.IndexOf(mark.Bytes);
        return FrameStep.Skip(at >= 0 ? at : bytes.Length - mark.MatchedAtEnd(bytes, 0));
    }

    public override FrameStep Open(in Frame raw, out Frame payload) => Heed(inner.Open(raw, out payload));

    public override FrameStep DecodeEnd(int leftover)
    {
        if (!_inside)
        {
            return FrameStep.Incomplete;        // no frame has begun, or its mark was cut off: nothing that the other decoder knows of
        }
        var step = inner.DecodeEnd(leftover);
        // Without a byte left there is none to skip: all of it is left out already.
        return leftover == 0 && step.Status == FrameStatus.Corrupt ? FrameStep.Incomplete : Heed(step);
    }

    public override void ReleaseMemory() => inner.ReleaseMemory();

    /// <summary>The mark came in pieces, and is whole now.</summary>
    private FrameStep Enter(ReadOnlySpan<byte> behind)
    {
        _matched = 0;
        _inside = true;
        var step = inner.Decode(mark.Bytes);
        return Heed(step.Status == FrameStatus.Incomplete && !behind.IsEmpty ? inner.Decode(behind) : step);
    }

    private FrameStep Heed(FrameStep step)
    {
        if (step.Status == FrameStatus.Incomplete)
        {
            return step;
        }
        _inside = false;
        HeaderLength = inner.HeaderLength;
        TrailerLength = inner.TrailerLength;
        return step.Status is FrameStatus.Frame or FrameStatus.Sealed ? step : LeaveOut(step);
    }

    private FrameStep LeaveOut(FrameStep step)
    {
        if (step.Status == FrameStatus.Corrupt)
        {
            return FrameStep.Skip(1);
        }
        _inside = inner.IsInsideFrame;
        return step;
    }
}
