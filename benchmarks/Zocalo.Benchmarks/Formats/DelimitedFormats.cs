using BenchmarkDotNet.Attributes;

namespace Zocalo.Benchmarks.Formats;

// By hand: one vectorised search a message, the limit, and what the format says about the end.

[BenchmarkCategory("Delimited(1 byte)")]
public class DelimitedOneFormat : FormatBenchmark
{
    protected override FrameFormat Format => Frames.Delimited("|"u8);

    protected override long ReadByHand() => SearchFor((byte)'|');
}

[BenchmarkCategory("Nul")]
public class NulFormat : FormatBenchmark
{
    protected override FrameFormat Format => Frames.Nul();

    protected override long ReadByHand() => SearchFor(0);
}

[BenchmarkCategory("Delimited(2 bytes)")]
public class DelimitedTwoFormat : FormatBenchmark
{
    protected override FrameFormat Format => Frames.Delimited("\r\n"u8);

    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        int length;
        while ((length = bytes[at..].IndexOf("\r\n"u8)) >= 0)
        {
            if (length > Limit)
            {
                Refuse();
            }
            sum += Touch(memory.Slice(at, length));
            at += length + 2;
        }
        return sum;
    }
}

[BenchmarkCategory("Lines")]
public class LinesFormat : FormatBenchmark
{
    protected override FrameFormat Format => Frames.Lines();

    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
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
            sum += Touch(memory.Slice(at, length));
            at = next;
        }
        return sum;
    }
}

[BenchmarkCategory("Lines(strict)")]
public class StrictLinesFormat : FormatBenchmark
{
    protected override FrameFormat Format => Frames.Lines(strict: true);

    // A CR or an LF by itself is refused.
    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        int length;
        while ((length = bytes[at..].IndexOfAny((byte)'\r', (byte)'\n')) >= 0)
        {
            var end = at + length;
            if (end + 1 == bytes.Length && bytes[end] == '\r')
            {
                break;
            }
            if (length > Limit || bytes[end] != '\r' || bytes[end + 1] != '\n')
            {
                Refuse();
            }
            sum += Touch(memory.Slice(at, length));
            at = end + 2;
        }
        return sum;
    }
}
