using System.Buffers;

namespace Zocalo.Tests.Framing.Proof;

/// <summary>Bytes in several pieces of memory, which can be appended to while a reader is in the middle of them, as a connection
/// does.</summary>
internal sealed class Pieces
{
    private Piece? _first;
    private Piece? _last;
    private int _start;

    /// <summary>What is there from the last <see cref="Consumed"/> on.</summary>
    public ReadOnlySequence<byte> Sequence =>
        _first is null ? default : new ReadOnlySequence<byte>(_first, _start, _last!, _last!.Memory.Length);

    /// <summary><paramref name="bytes"/>, cut at each of <paramref name="cuts"/> (ascending).</summary>
    public static ReadOnlySequence<byte> Of(ReadOnlyMemory<byte> bytes, ReadOnlySpan<int> cuts, bool emptyBetween = false)
    {
        var pieces = new Pieces();
        var from = 0;
        for (var i = 0; i <= cuts.Length; i++)
        {
            if (emptyBetween)
            {
                pieces.Append(default);
            }
            var to = i < cuts.Length ? cuts[i] : bytes.Length;
            pieces.Append(bytes[from..to]);
            from = to;
        }
        if (emptyBetween)
        {
            pieces.Append(Array.Empty<byte>());
        }
        return pieces.Sequence;
    }

    public void Append(ReadOnlyMemory<byte> bytes)
    {
        _last = new Piece(bytes, _last);
        _first ??= _last;
    }

    /// <summary>Drops everything before <paramref name="position"/>; the pieces that stay are the same objects.</summary>
    public void Consumed(SequencePosition position)
    {
        _first = (Piece)position.GetObject()!;
        _start = position.GetInteger();
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> bytes, Piece? before)
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
