using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;

namespace Zocalo.Benchmarks.Formats;

// By hand: checks that the header is there, the length against the limit, and that the message is there. A length in one or two bytes
// cannot pass the limit, and is not checked.

[BenchmarkCategory("Fixed(64)")]
public class FixedFormat : FormatBenchmark
{
    protected override FrameFormat Format => Frames.Fixed(Messages.Length);

    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        for (var at = 0; memory.Length - at >= Messages.Length; at += Messages.Length)
        {
            sum += Touch(memory.Slice(at, Messages.Length));
        }
        return sum;
    }
}

[BenchmarkCategory("LengthPrefixed(u8)")]
public class LengthU8Format : FormatBenchmark
{
    protected override FrameFormat Format => Frames.LengthPrefixed(1);

    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (at < bytes.Length)
        {
            int length = bytes[at++];
            if (bytes.Length - at < length)
            {
                break;
            }
            sum += Touch(memory.Slice(at, length));
            at += length;
        }
        return sum;
    }
}

[BenchmarkCategory("LengthPrefixed(u16be)")]
public class LengthU16BeFormat : FormatBenchmark
{
    protected override FrameFormat Format => Frames.LengthPrefixed(2);

    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (bytes.Length - at >= 2)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);
            at += 2;
            if (bytes.Length - at < length)
            {
                break;
            }
            sum += Touch(memory.Slice(at, length));
            at += length;
        }
        return sum;
    }
}

[BenchmarkCategory("LengthPrefixed(u16le)")]
public class LengthU16LeFormat : FormatBenchmark
{
    protected override FrameFormat Format => Frames.LengthPrefixed(2, ByteOrder.LittleEndian);

    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (bytes.Length - at >= 2)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
            at += 2;
            if (bytes.Length - at < length)
            {
                break;
            }
            sum += Touch(memory.Slice(at, length));
            at += length;
        }
        return sum;
    }
}

[BenchmarkCategory("LengthPrefixed(u32be)")]
public class LengthU32BeFormat : FormatBenchmark
{
    protected override FrameFormat Format => Frames.LengthPrefixed(4);

    /// <summary>The other way to read, for who wants to stop and go on: its place is in memory between two frames, where that of foreach is
    /// in registers.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public long TryRead()
    {
        var sum = 0L;
        Reader.Begin(Sequence);
        while (Reader.TryRead(out var frame))
        {
            sum += Touch(frame.Span);
        }
        return sum;
    }

    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (bytes.Length - at >= 4)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            if (length > Limit)
            {
                Refuse();
            }
            at += 4;
            if (bytes.Length - at < (int)length)
            {
                break;
            }
            sum += Touch(memory.Slice(at, (int)length));
            at += (int)length;
        }
        return sum;
    }
}

[BenchmarkCategory("LengthPrefixed(u32le)")]
public class LengthU32LeFormat : FormatBenchmark
{
    protected override FrameFormat Format => Frames.LengthPrefixed(4, ByteOrder.LittleEndian);

    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (bytes.Length - at >= 4)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            if (length > Limit)
            {
                Refuse();
            }
            at += 4;
            if (bytes.Length - at < (int)length)
            {
                break;
            }
            sum += Touch(memory.Slice(at, (int)length));
            at += (int)length;
        }
        return sum;
    }
}

[BenchmarkCategory("LengthPrefixed(u64be)")]
public class LengthU64BeFormat : FormatBenchmark
{
    protected override FrameFormat Format => Frames.LengthPrefixed(8);

    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (bytes.Length - at >= 8)
        {
            var length = BinaryPrimitives.ReadUInt64BigEndian(bytes[at..]);
            if (length > Limit)
            {
                Refuse();
            }
            at += 8;
            if (bytes.Length - at < (int)length)
            {
                break;
            }
            sum += Touch(memory.Slice(at, (int)length));
            at += (int)length;
        }
        return sum;
    }
}
