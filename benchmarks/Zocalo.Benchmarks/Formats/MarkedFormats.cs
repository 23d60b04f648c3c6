using BenchmarkDotNet.Attributes;

namespace Zocalo.Benchmarks.Formats;

// By hand: what has no escapes is handed out as it lies; what has some is rewritten into an array that is used again for every message.

[BenchmarkCategory("Slip")]
public class SlipFormat : SlipLikeFormat;

public abstract class SlipLikeFormat : FormatBenchmark
{
    private const byte Mark = 0xC0;
    private const byte Escape = 0xDB;

    protected override FrameFormat Format => Frames.Slip();

    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (at < bytes.Length)
        {
            if (bytes[at] == Mark)
            {
                at++;       // before a message, or nothing between two
                continue;
            }
            var length = bytes[at..].IndexOfAny(Mark, Escape);
            if (length < 0)
            {
                break;
            }
            if (bytes[at + length] == Mark)
            {
                if (length > Limit)
                {
                    Refuse();
                }
                sum += Touch(memory.Slice(at, length));
                at += length + 1;
                continue;
            }
            var wire = Unescape(bytes[at..], length, Scratch, out var unescaped);
            if (wire < 0)
            {
                break;
            }
            sum += Touch(new ReadOnlyMemory<byte>(Scratch, 0, unescaped));
            at += wire;
        }
        return sum;
    }

    /// <returns>The length on the wire, or -1 when the message is not whole.</returns>
    private static int Unescape(ReadOnlySpan<byte> bytes, int firstEscape, Span<byte> into, out int length)
    {
        length = 0;
        var at = 0;
        for (var run = firstEscape; run >= 0; run = bytes[at..].IndexOfAny(Mark, Escape))
        {
            if (length + run > Limit)
            {
                Refuse();
            }
            bytes.Slice(at, run).CopyTo(into[length..]);
            length += run;
            at += run + 1;
            if (bytes[at - 1] == Mark)
            {
                return at;
            }
            if (at == bytes.Length)
            {
                break;
            }
            switch (bytes[at++])
            {
                case 0xDC:
                    into[length++] = Mark;
                    break;
                case 0xDD:
                    into[length++] = Escape;
                    break;
                default:
                    Refuse();
                    break;
            }
        }
        return -1;
    }
}

[BenchmarkCategory("Slip, 2 escapes")]
public class SlipEscapesFormat : SlipLikeFormat
{
    protected override byte[] Message => Messages.With(0xC0, 0xDB);
}

[BenchmarkCategory("Marked(HDLC)")]
public class HdlcFormat : FormatBenchmark
{
    private const byte Flag = 0x7E;
    private const byte Escape = 0x7D;

    protected override FrameFormat Format => Frames.Marked(FrameMarks.Hdlc);

    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (at < bytes.Length)
        {
            if (bytes[at] == Flag)
            {
                at++;
                continue;
            }
            var length = bytes[at..].IndexOfAny(Flag, Escape);
            if (length < 0)
            {
                break;
            }
            if (length > Limit)
            {
                Refuse();
            }
            if (bytes[at + length] == Flag)
            {
                sum += Touch(memory.Slice(at, length));
                at += length + 1;
                continue;
            }
            var end = bytes[at..].IndexOf(Flag);
            if (end < 0)
            {
                break;
            }
            var unescaped = Unescape(bytes.Slice(at, end), Scratch);
            sum += Touch(new ReadOnlyMemory<byte>(Scratch, 0, unescaped));
            at += end + 1;
        }
        return sum;
    }

    private static int Unescape(ReadOnlySpan<byte> escaped, Span<byte> into)
    {
        var length = 0;
        for (var i = 0; i < escaped.Length; i++)
        {
            if (length == Limit || (escaped[i] == Escape && i + 1 == escaped.Length))
            {
                Refuse();
            }
            into[length++] = escaped[i] == Escape ? (byte)(escaped[++i] ^ 0x20) : escaped[i];
        }
        return length;
    }
}
