using System.Buffers;
using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;

namespace Zocalo.Benchmarks.Formats;

/// <summary>
/// The same bytes in 16 segments of 4 KiB: one frame in 60 lies across two. By hand: a fast loop inside a segment, and for the frame at its
/// end the ways of <see cref="ReadOnlySequence{T}"/>; SequenceReader would be shorter and slower.
/// </summary>
public abstract class SpreadFormat
{
    /// <summary>So many frames fit into 64 KiB.</summary>
    protected const int Count = 900;

    protected const int Limit = FrameFormat.DefaultMaxFrameLength;

    private FrameReader _reader = null!;

    protected ReadOnlySequence<byte> Bytes { get; private set; }

    protected abstract FrameFormat Format { get; }

    [GlobalSetup]
    public void Setup()
    {
        Bytes = Messages.Spread(Messages.Encode(Format, Messages.Plain, Count));
        _reader = new FrameReader(Format);
        if (ByHand() != Count * Messages.Length || Zocalo() != Count * Messages.Length)
        {
            throw new InvalidOperationException($"{Format}: not every frame was read.");
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Count)]
    public long ByHand() => ReadByHand();

    [Benchmark(OperationsPerInvoke = Count)]
    public long Zocalo()
    {
        var sum = 0L;
        _reader.Begin(Bytes);
        foreach (var frame in _reader)
        {
            sum += frame.Length;
        }
        return sum;
    }

    protected abstract long ReadByHand();

    /// <summary>Not part of a hot loop.</summary>
    protected static void Refuse() => throw new InvalidDataException();
}

[BenchmarkCategory("LengthPrefixed(u32be), 4 KiB segments")]
public class SpreadLengthFormat : SpreadFormat
{
    protected override FrameFormat Format => Frames.LengthPrefixed();

    protected override long ReadByHand()
    {
        var sum = 0L;
        Span<byte> header = stackalloc byte[4];
        for (var rest = Bytes; ;)
        {
            var memory = rest.First;
            var bytes = memory.Span;
            var at = 0;
            while (bytes.Length - at >= 4)
            {
                var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
                if (length > Limit)
                {
                    Refuse();
                }
                if (bytes.Length - at - 4 < (int)length)
                {
                    break;
                }
                sum += memory.Slice(at + 4, (int)length).Length;
                at += 4 + (int)length;
            }
            rest = rest.Slice(at);
            if (rest.Length < 4)
            {
                return sum;
            }
            rest.Slice(0, 4).CopyTo(header);
            var spread = BinaryPrimitives.ReadUInt32BigEndian(header);
            if (spread > Limit)
            {
                Refuse();
            }
            if (rest.Length - 4 < spread)
            {
                return sum;
            }
            sum += rest.Slice(4, spread).Length;
            rest = rest.Slice(4 + spread);
        }
    }
}

[BenchmarkCategory("Lines, 4 KiB segments")]
public class SpreadLinesFormat : SpreadFormat
{
    protected override FrameFormat Format => Frames.Lines();

    protected override long ReadByHand()
    {
        var sum = 0L;
        for (var rest = Bytes; ;)
        {
            var memory = rest.First;
            var bytes = memory.Span;
            var at = 0;
            int length;
            while ((length = bytes[at..].IndexOf((byte)'\n')) >= 0)
            {
                var next = at + length + 1;
                if (length > 0 && bytes[at + length - 1] == '\r')
                {
                    length--;
                }
                if (length > Limit)
                {
                    Refuse();
                }
                sum += memory.Slice(at, length).Length;
                at = next;
            }
            rest = rest.Slice(at);
            if (rest.PositionOf((byte)'\n') is not { } end)
            {
                return sum;
            }
            var line = rest.Slice(0, end);
            if (line.Length > Limit)
            {
                Refuse();
            }
            if (!line.IsEmpty && line.Slice(line.Length - 1).FirstSpan[0] == '\r')
            {
                line = line.Slice(0, line.Length - 1);
            }
            sum += line.Length;
            rest = rest.Slice(rest.GetPosition(1, end));
        }
    }
}
