using System.Buffers;

namespace Zocalo.Tests.Framing.Wire;

/// <summary>The same bytes in every way in which memory can hold them.</summary>
internal static class Spread
{
    /// <summary>In one piece, in two at every place, byte by byte, and inside of segments that hold other bytes as well.</summary>
    public static IEnumerable<Frame> Everywhere(byte[] bytes)
    {
        yield return new Frame(bytes);
        for (var at = 0; at <= bytes.Length; at++)
        {
            yield return Pieces(bytes[..at], bytes[at..]);
        }
        var single = bytes.Select(value => new[] { value }).ToArray();
        yield return Pieces(single);
        yield return Pieces([[], .. single.SelectMany(piece => new byte[][] { piece, [] })]);
        yield return Inside(bytes);
    }

    /// <summary>A sequence of these pieces, empty ones too.</summary>
    public static Frame Pieces(params byte[][] pieces) => new(Sequence(pieces));

    public static ReadOnlySequence<byte> Sequence(params byte[][] pieces)
    {
        var first = new Piece([], null);
        var last = pieces.Aggregate(first, (before, bytes) => new Piece(bytes, before));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>The bytes begin in the middle of one segment and end in the middle of another.</summary>
    private static Frame Inside(byte[] bytes)
    {
        var half = bytes.Length / 2;
        var all = Sequence([0xEE, 0xEE, 0xEE, .. bytes[..half]], [.. bytes[half..], 0xEE, 0xEE]);
        return new Frame(all.Slice(3, bytes.Length));
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] bytes, Piece? before)
        {
            Memory = bytes;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
