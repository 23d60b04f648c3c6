using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Zocalo.Tests.Framing.Proof;

/// <summary>All that a stream came to: its frames by content, how it ended, what was left out. Two ways to read the same bytes must give
/// equal ones.</summary>
internal sealed class Transcript
{
    private readonly ArrayBufferWriter<byte> _frames = new();     // each with its length before it

    public int Count { get; private set; }

    public FrameException? Failure { get; private set; }

    public long Skipped { get; private set; }

    public long Offset { get; private set; }

    public void Clear()
    {
        _frames.ResetWrittenCount();
        (Count, Failure, Skipped, Offset) = (0, null, 0, 0);
    }

    public void Add(in Frame frame)
    {
        var into = _frames.GetSpan(frame.Length + 4);
        BinaryPrimitives.WriteInt32BigEndian(into, frame.Length);
        frame.CopyTo(into[4..]);
        _frames.Advance(frame.Length + 4);
        Count++;
    }

    /// <summary>Every frame that is there, and then the claims that hold whenever a reader says that there is none.</summary>
    public void TakeAll(FrameReader reader, FrameFormat format, long fed)
    {
        while (reader.TryRead(out var frame))
        {
            Add(frame);
        }
        Assert.False(reader.TryRead(out _), "A reader that had no frame has one, with no byte more.");
        Assert.Equal(fed, reader.Offset + reader.Leftover);
        Assert.True(
            reader.Leftover < format.MaxWireLength,
            $"{reader.Leftover} bytes and no frame, where MaxWireLength is {format.MaxWireLength}: a connection's buffer would be full.");
    }

    public void TakeEnd(FrameReader reader)
    {
        while (reader.TryEnd(out var last))
        {
            Add(last);
        }
        Assert.Equal(0, reader.Leftover);
    }

    public void Ended(FrameReader reader, FrameException? failure) =>
        (Failure, Skipped, Offset) = (failure, reader.SkippedBytes, reader.Offset);

    public bool SameAs(Transcript other) =>
        Count == other.Count
        && _frames.WrittenSpan.SequenceEqual(other._frames.WrittenSpan)
        && Skipped == other.Skipped
        && Offset == other.Offset
        && (Failure is null) == (other.Failure is null)
        && (Failure is null || IsSame(Failure, other.Failure!));

    /// <summary>The frames, each with its bytes.</summary>
    public List<byte[]> Frames()
    {
        var frames = new List<byte[]>();
        for (var rest = _frames.WrittenSpan; rest.Length > 0;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest);
            frames.Add(rest.Slice(4, length).ToArray());
            rest = rest[(4 + length)..];
        }
        return frames;
    }

    /// <summary>Whether the frames of <paramref name="other"/> are the first ones of this.</summary>
    public bool StartsWith(Transcript other) => _frames.WrittenSpan.StartsWith(other._frames.WrittenSpan);

    public override string ToString()
    {
        var text = new StringBuilder();
        for (var rest = _frames.WrittenSpan; rest.Length > 0;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest);
            text.Append('[').Append(length).Append(": ").Append(Convert.ToHexString(rest.Slice(4, Math.Min(length, 40)))).Append("] ");
            rest = rest[(4 + length)..];
        }
        return $"{text}then {(Failure is null ? "the end" : $"{Failure.Reason}, {Failure.Message}")}; skipped {Skipped}, offset {Offset}";
    }

    private static bool IsSame(FrameException one, FrameException other) =>
        one.Reason == other.Reason && one.Offset == other.Offset && one.Value == other.Value && one.Limit == other.Limit
            && one.Message == other.Message;
}
