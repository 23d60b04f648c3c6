using System.Buffers;

namespace Zocalo.Framing.Formats;

internal static class BufferWriterExtensions
{
    /// <summary>Up to this size a frame is written into one span of the writer. The writer may not have a longer span.</summary>
    internal const int SmallFrame = 1024;

    /// <summary>Copies a payload segment by segment.</summary>
    internal static void WritePieces(this IBufferWriter<byte> into, in Frame payload)
    {
        foreach (var piece in payload.Sequence)
        {
            into.Write(piece.Span);
        }
    }

    /// <summary>Writes a payload and its trailer, a short payload at once.</summary>
    internal static void WriteWith(this IBufferWriter<byte> into, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> trailer)
    {
        if (payload.Length > SmallFrame)
        {
            into.Write(payload);
            into.Write(trailer);
            return;
        }
        var frame = into.GetSpan(payload.Length + trailer.Length);
        payload.CopyTo(frame);
        trailer.CopyTo(frame[payload.Length..]);
        into.Advance(payload.Length + trailer.Length);
    }
}
