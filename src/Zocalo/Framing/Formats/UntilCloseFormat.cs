namespace Zocalo.Framing.Formats;

/// <summary>The end of the stream ends its only message.</summary>
internal sealed class UntilCloseFormat(int maxFrameLength) : HeaderFormat("UntilClose", maxFrameLength, greatestHeader: 0)
{
    /// <summary>One more than a payload may have: with a message of exactly the limit, there must be room to see whether an end follows or
    /// a byte too many.</summary>
    public override long MaxWireLength => MaxFrameLength + 1L;

    public override FrameDecoder CreateDecoder() => new UntilCloseDecoder(MaxFrameLength);

    protected override int WriteHeader(Span<byte> header, int payload) => 0;
}

/// <summary>Counts.</summary>
internal sealed class UntilCloseDecoder(int maxFrameLength) : FrameDecoder
{
    private long _length;

    public override FrameStep Decode(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        if (_length > maxFrameLength)
        {
            _length = 0;
            return Corrupt(new FrameError("the message goes on beyond the limit", maxFrameLength, maxFrameLength));
        }
        return FrameStep.Incomplete;
    }

    public override FrameStep DecodeEnd(int leftover)
    {
        _length = 0;        // if it proves to be none, what is behind its first byte comes again
        return FrameStep.Frame(leftover);
    }
}
