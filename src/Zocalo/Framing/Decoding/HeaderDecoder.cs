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
