using System.Buffers;

namespace Zocalo.Tests.Framing.Proof;

/// <summary>How the pieces of a stream reach a reader.</summary>
internal enum Arrival
{
    /// <summary>All there at once, each piece a segment.</summary>
    Segments,

    /// <summary>The same, with segments of no bytes around each.</summary>
    SegmentsAndEmptyOnes,

    /// <summary>One after the other, each a segment behind what is left, which stays where it lies: a connection.</summary>
    OneAfterAnother,

    /// <summary>One after the other into the same array: a connection whose segment has room.</summary>
    IntoOneArray,

    /// <summary>One after the other into small segments: a connection whose segments fill up.</summary>
    IntoSegments,

    /// <summary>One after the other, each time copied into a new array behind what is left.</summary>
    CopiedTogether,

    /// <summary>One after the other into the same segment, in which what is left moves to the front.</summary>
    Compacted,
}

/// <summary>Reads a stream that arrives in pieces, to its end.</summary>
internal static class Feeding
{
    public static readonly Arrival[] Arrivals = Enum.GetValues<Arrival>();

    /// <summary>One for each way in which a reader can find its bytes: further on in the sequence, behind what stayed, behind what
    /// moved.</summary>
    public static readonly Arrival[] FewArrivals = [Arrival.Segments, Arrival.OneAfterAnother, Arrival.IntoSegments, Arrival.Compacted];

    public static void Read(FrameFormat format, byte[] stream, ReadOnlySpan<int> cuts, Arrival arrival, Transcript into)
    {
        into.Clear();
        var reader = new FrameReader(format);
        FrameException? failure = null;
        try
        {
            if (arrival is Arrival.Segments or Arrival.SegmentsAndEmptyOnes)
            {
                reader.Begin(Pieces.Of(stream, cuts, arrival == Arrival.SegmentsAndEmptyOnes));
                into.TakeAll(reader, format, stream.Length);
            }
            else
            {
                ReadArriving(reader, format, stream, cuts, arrival, into);
            }
            into.TakeEnd(reader);
        }
        catch (FrameException e)
        {
            failure = e;
        }
        into.Ended(reader, failure);
    }

    private static void ReadArriving(
        FrameReader reader, FrameFormat format, byte[] stream, ReadOnlySpan<int> cuts, Arrival arrival, Transcript into)
    {
        var pieces = new Pieces();
        var growing = new GrowingPieces(arrival == Arrival.Compacted ? Math.Max(1, stream.Length) : stream.Length <= 64 ? 16 : 1024);
        var from = 0;
        for (var i = 0; i <= cuts.Length; i++)
        {
            var to = i < cuts.Length ? cuts[i] : stream.Length;
            var consumed = (int)reader.Offset;
            switch (arrival)
            {
                case Arrival.OneAfterAnother:
                    pieces.Append(stream.AsMemory(from, to - from));
                    reader.Begin(pieces.Sequence);
                    break;
                case Arrival.IntoSegments or Arrival.Compacted:
                    growing.Append(stream.AsSpan(from, to - from));
                    reader.Begin(growing.Sequence);
                    break;
                case Arrival.IntoOneArray:
                    reader.Begin(new ReadOnlySequence<byte>(stream, consumed, to - consumed));
                    break;
                default:
                    var copy = new byte[3 + to - consumed];
                    stream.AsSpan(consumed, to - consumed).CopyTo(copy.AsSpan(3));
                    reader.Begin(new ReadOnlySequence<byte>(copy, 3, to - consumed));
                    break;
            }
            into.TakeAll(reader, format, to);
            switch (arrival)
            {
                case Arrival.OneAfterAnother:
                    pieces.Consumed(reader.Consumed);
                    break;
                case Arrival.IntoSegments:
                    growing.Consumed(reader.Consumed);
                    break;
                // at the end nothing may move any more: what is left is still to be judged
                case Arrival.Compacted when i < cuts.Length:
                    growing.Compact(reader.Consumed);
                    break;
            }
            from = to;
        }
    }
}
