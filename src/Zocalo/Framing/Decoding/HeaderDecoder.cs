namespace Zocalo.Framing.Decoding;

/// <summary>Decodes every format in which a header decides: reads the header in place, or puts its pieces together first.</summary>
internal sealed class HeaderDecoder<THeader>(THeader header) : FrameDecoder where THeader : struct, IFrameHeader
{
    private byte[]? _pieces;
    private int _collected;

    public override FrameStep Decode(ReadOnlySpan<byte> bytes)
    {
        if (_collected == 0)
        {
            var step = header.Read(bytes, out var headerLength);
            if (step.Status == FrameStatus.Frame)
            {
                HeaderLength = headerLength;
                return step;
            }
        }
        return DecodeCollected(bytes);
    }

    internal override int OwnLength => header.DeliveredLength;

    private FrameStep DecodeCollected(ReadOnlySpan<byte> bytes)
    {
        Collect(bytes);
        var collected = _pieces.AsSpan(0, _collected);
        var step = header.Read(collected, out var headerLength);
        if (step.Status == FrameStatus.Incomplete)
        {
            return step;
        }
        _collected = 0;
        HeaderLength = headerLength;
        return step.Status == FrameStatus.Corrupt ? Corrupt(header.Explain(collected)) : step;
    }

    private void Collect(ReadOnlySpan<byte> bytes)
    {
        _pieces ??= new byte[header.MaxLength];
        var count = Math.Min(bytes.Length, _pieces.Length - _collected);
        bytes[..count].CopyTo(_pieces.AsSpan(_collected));
        _collected += count;
    }
}

/// <summary>A header that tells, by itself, where the frame behind it ends. A struct, so that <see cref="HeaderDecoder{THeader}"/> is
/// compiled for each kind without a call between them.</summary>
internal interface IFrameHeader
{
    /// <summary>No header is longer than this many bytes.</summary>
    int MaxLength { get; }

    /// <summary>Bytes of it that are delivered, as the payload's first.</summary>
    int DeliveredLength { get; }

    /// <summary>Reads the header at the beginning of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">From the frame's first byte on.</param>
    /// <param name="headerLength">With a frame: bytes before the payload.</param>
    /// <returns>A frame, corrupt, or incomplete: the last only if the header itself is not whole.</returns>
    FrameStep Read(ReadOnlySpan<byte> bytes, out int headerLength);

    /// <summary>What is wrong with a header that <see cref="Read"/> called corrupt.</summary>
    FrameError Explain(ReadOnlySpan<byte> bytes);
}
