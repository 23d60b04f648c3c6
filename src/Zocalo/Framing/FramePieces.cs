using System.Buffers;

namespace Zocalo.Framing;

internal static class FramePieces
{
    /// <summary>Copies a payload as it lies, without making it one piece first.</summary>
    internal static void WritePieces(this IBufferWriter<byte> into, in Frame payload)
    {
        foreach (var piece in payload.Sequence)
        {
            into.Write(piece.Span);
        }
    }
}
