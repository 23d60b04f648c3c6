using BenchmarkDotNet.Attributes;

namespace Zocalo.Benchmarks.Formats;

// By hand: what has no escapes is handed out as it lies; what has some is rewritten into an array that is used again for every message.

[BenchmarkCategory("Cobs")]
public class CobsFormat : CobsLikeFormat;

public abstract class CobsLikeFormat : FormatBenchmark
{
    protected override FrameFormat Format => Frames.Cobs();

    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        int length;
        while ((length = bytes[at..].IndexOf((byte)0)) >= 0)
        {
            if (length > Limit + (Limit / 254) + 1)
            {
                Refuse();
            }
            if (length == bytes[at])
            {
                sum += Touch(memory.Slice(at + 1, length - 1));     // one block
            }
            else if (length > 0)
            {
                sum += Touch(new ReadOnlyMemory<byte>(Scratch, 0, Unstuff(bytes.Slice(at, length), Scratch)));
            }
            at += length + 1;
        }
        return sum;
    }

    private static int Unstuff(ReadOnlySpan<byte> stuffed, Span<byte> into)
    {
        var length = 0;
        var at = 0;
        while (at < stuffed.Length)
        {
            int code = stuffed[at];
            if (at + code > stuffed.Length)
            {
                Refuse();
            }
            stuffed.Slice(at + 1, code - 1).CopyTo(into[length..]);
            length += code - 1;
            at += code;
            if (code < 255 && at < stuffed.Length)
            {
                into[length++] = 0;
            }
        }
        return length;
    }
}

[BenchmarkCategory("Cobs, 8 zeros")]
public class CobsZerosFormat : CobsLikeFormat
{
    protected override byte[] Message => Messages.With(0, 0, 0, 0, 0, 0, 0, 0);
}
