namespace Zocalo.Framing.Decoding;

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
