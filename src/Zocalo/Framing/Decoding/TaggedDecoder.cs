namespace Zocalo.Framing.Decoding;

/// <summary>
/// Gives the bytes after a tag to the decoder of the tag's format and passes on its answers. The payload begins with the tag: if the inner
/// payload follows the tag directly on the wire, both are delivered without a copy; else they are joined in memory of this decoder.
/// </summary>
internal sealed class TaggedDecoder(FrameFormat?[] formats) : FrameDecoder
{
    private readonly FrameDecoder?[] _decoders = new FrameDecoder?[256];      // made when the stream has the tag for the first time
    private FrameDecoder? _inner;           // reads the current frame; null until its tag is read
    private byte _tag;
    // 1 while the tag is the frame's first byte; 0 after filler behind the tag was left out together with the tag.
    private int _tagLength;
    private bool _isSealed;                 // the inner decoder has answered Sealed
    private DecoderMemory _joined;

    internal override int OwnLength => 1 + _decoders[_tag]!.OwnLength;

    internal override bool IsInsideFrame => _inner is not null;

    public override FrameStep Decode(ReadOnlySpan<byte> bytes)
    {
        if (_inner is not null)
        {
            return PassOn(_inner, _inner.Decode(bytes));
        }
        _tag = bytes[0];
        var inner = _decoders[_tag] ?? NewDecoder();
        if (inner is null)
        {
            return Corrupt(UnknownTag(_tag));
        }
        _tagLength = 1;
        var step = bytes.Length == 1 ? FrameStep.Incomplete : inner.Decode(bytes[1..]);
        if (step.Status == FrameStatus.Frame && inner.HeaderLength == 0)
        {
            TrailerLength = inner.TrailerLength;        // the usual case of PassOn, without storing a frame that has already ended
            return FrameStep.Frame(step.Length + 1);
        }
        _inner = inner;
        return PassOn(inner, step);
    }

    public override FrameStep Open(in Frame raw, out Frame payload)
    {
        var inner = _decoders[_tag]!;
        var rest = raw.Slice(_tagLength, raw.Length - _tagLength);
        var opened = FrameStep.Frame(rest.Length);
        if (_isSealed)
        {
            opened = inner.Open(rest, out payload);
        }
        else
        {
            payload = rest.Slice(inner.HeaderLength, rest.Length - inner.HeaderLength - inner.TrailerLength);
        }
        if (opened.Status == FrameStatus.Frame)
        {
            payload = Join(payload);
            inner.ReleaseMemory();
            return FrameStep.Frame(raw.Length);
        }
        _inner = inner;
        return PassOn(inner, opened);
    }

    public override FrameStep DecodeEnd(int leftover)
    {
        if (_inner is not { } inner)
        {
            return FrameStep.Incomplete;
        }
        if (leftover == 0)
        {
            _inner = null;
            return Corrupt(new FrameError("the stream ended behind a tag, before its message", 0, null, _tag) { InHexadecimal = true });
        }
        var step = inner.DecodeEnd(leftover - _tagLength);
        // Filler alone is not a message: the message after the tag was cut off.
        return step.Status == FrameStatus.Filler && step.Length + _tagLength >= leftover ? FrameStep.Incomplete : PassOn(inner, step);
    }

    public override void ReleaseMemory() => _joined.Release();

    internal static FrameError UnknownTag(byte tag) => new("not a known tag", 0, null, tag) { InHexadecimal = true };

    private FrameDecoder? NewDecoder() => _decoders[_tag] = formats[_tag]?.CreateDecoder();

    private FrameStep PassOn(FrameDecoder inner, FrameStep step)
    {
        if (step.Status == FrameStatus.Frame && inner.HeaderLength == 0 && _tagLength == 1)
        {
            _inner = null;
            TrailerLength = inner.TrailerLength;
            return FrameStep.Frame(step.Length + 1);
        }
        switch (step.Status)
        {
            case FrameStatus.Incomplete:
                return step;
            case FrameStatus.Frame or FrameStatus.Sealed:
                _inner = null;
                _isSealed = step.Status == FrameStatus.Sealed;
                return FrameStep.Sealed(step.Length + _tagLength);
            case FrameStatus.Corrupt:
                _inner = null;
                return PassOn(inner.Error ?? new FrameError("corrupt"));
            default:
                return Skip(step);
        }
    }

    private FrameStep PassOn(FrameError error) =>
        Corrupt(error with { Problem = $"{formats[_tag]!.Name}: {error.Problem}", Offset = error.Offset + _tagLength });

    /// <summary>The tag is left out too, but remembered: its message is still to come. After a corrupt message the tag counts as
    /// lost.</summary>
    private FrameStep Skip(FrameStep step)
    {
        var length = step.Length + _tagLength;
        _tagLength = 0;
        return step.Status == FrameStatus.Filler ? FrameStep.Filler(length) : FrameStep.Skip(length);
    }

    private Frame Join(in Frame payload)
    {
        var joined = _joined.Rent(payload.Length + 1);
        joined[0] = _tag;
        payload.CopyTo(joined.AsSpan(1));
        return new Frame(joined, 0, payload.Length + 1);
    }
}
