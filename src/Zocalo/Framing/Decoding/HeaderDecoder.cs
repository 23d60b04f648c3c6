namespace Zocalo.Framing.Decoding;

/// <summary>Decodes every format with a header that gives the length: it reads the header in place, or copies its pieces together
/// first.</summary>
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

/// <summary>A header that gives the length of its frame. Implementations are structs, so that <see cref="HeaderDecoder{THeader}"/> is
/// compiled for each of them without an interface call.</summary>
internal interface IFrameHeader
{
    /// <summary>The greatest length of a header, in bytes.</summary>
    int MaxLength { get; }

    /// <summary>The number of its bytes that are delivered, as the payload's first bytes.</summary>
    int DeliveredLength { get; }

    /// <summary>Reads the header at the beginning of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">The bytes from the frame's first byte on.</param>
    /// <param name="headerLength">For a frame: the number of bytes before the payload.</param>
    /// <returns>A frame, corrupt, or incomplete; incomplete only if the header itself is not complete.</returns>
    FrameStep Read(ReadOnlySpan<byte> bytes, out int headerLength);

    /// <summary>What is wrong with a header for which <see cref="Read"/> has answered corrupt.</summary>
    FrameError Explain(ReadOnlySpan<byte> bytes);
}
