using System.Buffers;

namespace Zocalo.Framing;

/// <summary>Another format whose frames all begin with the same bytes: after a corrupt frame it goes on at the next place where these stand.</summary>
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
        if (!frame.Written.StartsWith(_mark.Bytes))
        {
            throw new ArgumentException($"A frame of {_inner.Name} with this message does not begin with the start mark 0x{Convert.ToHexString(_mark.Bytes)}: the receiver would skip it.", nameof(payload));
        }
        into.Write(frame.Written);
    }
}

/// <summary>
/// Gives another decoder what begins with the start mark, and skips everything else. A corrupt frame loses its first byte; what is behind it is searched anew, so a
/// good frame inside what a corrupt length claimed is still found. Holds no bytes of its own, whatever comes.
/// </summary>
internal sealed class ResyncDecoder(FrameDecoder inner, Pattern mark) : FrameDecoder
{
    private int _matched;       // of the mark, by all that was seen of this frame
    private bool _inside;       // the other decoder has the mark

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

    public override FrameStep DecodeEnd(int leftover) => Heed(inner.DecodeEnd(leftover));

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
        return step.Status == FrameStatus.Corrupt ? FrameStep.Skip(1) : step;
    }
}
