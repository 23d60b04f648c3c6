namespace Zocalo.Framing.Formats;

/// <summary>The end of the stream ends its only message.</summary>
internal sealed class UntilCloseFormat(int maxFrameLength) : HeaderFormat("UntilClose", maxFrameLength, greatestHeader: 0)
{
    /// <summary>One more than the longest payload: after a message of exactly that length the decoder must see whether the end or another
    /// byte follows.</summary>
    public override long MaxWireLength => MaxFrameLength + 1L;

    public override FrameDecoder CreateDecoder() => new UntilCloseDecoder(MaxFrameLength);

    protected override int WriteHeader(Span<byte> header, int payload) => 0;
}

/// <summary>Counts bytes until the stream ends.</summary>
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
        _length = 0;        // the bytes may come again, without the first, if a decorator refuses the frame
        return FrameStep.Frame(leftover);
    }
}
