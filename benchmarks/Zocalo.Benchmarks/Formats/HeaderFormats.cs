using BenchmarkDotNet.Attributes;

namespace Zocalo.Benchmarks.Formats;

// By hand: a length is read digit by digit, since int.TryParse and Utf8Parser take signs, and are slower. Every digit, the limit and the
// comma are checked.

[BenchmarkCategory("DigitsPrefixed(5)")]
public class DigitsFormat : FormatBenchmark
{
    private const int Digits = 5;       // 99,999 at most: below the limit

    protected override FrameFormat Format => Frames.DigitsPrefixed(Digits);

    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (bytes.Length - at >= Digits)
        {
            var length = 0;
            foreach (var character in bytes.Slice(at, Digits))
            {
                var digit = (uint)character - '0';
                if (digit > 9)
                {
                    Refuse();
                }
                length = (10 * length) + (int)digit;
            }
            at += Digits;
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

[BenchmarkCategory("Netstrings")]
public class NetstringFormat : FormatBenchmark
{
    protected override FrameFormat Format => Frames.Netstrings();

    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (true)
        {
            var length = 0;
            var i = at;
            for (; i < bytes.Length && bytes[i] != ':'; i++)
            {
                var digit = (uint)bytes[i] - '0';
                if (digit > 9 || (length == 0 && i > at))       // no zeros in front
                {
                    Refuse();
                }
                length = (10 * length) + (int)digit;
                if (length > Limit)
                {
                    Refuse();
                }
            }
            if (bytes.Length - i <= length + 1)
            {
                break;
            }
            if (i == at || bytes[i + 1 + length] != ',')
            {
                Refuse();
            }
            sum += Touch(memory.Slice(i + 1, length));
            at = i + length + 2;
        }
        return sum;
    }
}

[BenchmarkCategory("VarintPrefixed")]
public class VarintFormat : FormatBenchmark
{
    protected override FrameFormat Format => Frames.VarintPrefixed();

    // A length of one byte, as here, is read at once; longer ones go the long way round, with the checks for the limit and for overlong
    // ones.
    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (at < bytes.Length)
        {
            var header = 1;
            int length = bytes[at];
            if (length >= 0x80 && !TryReadLong(bytes[at..], out length, out header))
            {
                break;
            }
            at += header;
            if (bytes.Length - at < length)
            {
                break;
            }
            sum += Touch(memory.Slice(at, length));
            at += length;
        }
        return sum;
    }

    private static bool TryReadLong(ReadOnlySpan<byte> bytes, out int length, out int header)
    {
        length = 0;
        for (header = 0; header < bytes.Length && header < 4;)
        {
            var next = bytes[header];
            length |= (next & 0x7F) << (7 * header++);
            if (length > Limit || (next == 0 && header > 1))
            {
                Refuse();
            }
            if (next < 0x80)
            {
                return true;
            }
        }
        return false;
    }
}

[BenchmarkCategory("Tagged(lengths)")]
public class TaggedFormat : FormatBenchmark
{
    private readonly int[] _lengths = new int[256];

    public TaggedFormat() => _lengths['a'] = Messages.Length;

    protected override FrameFormat Format => Frames.Tagged(new Dictionary<byte, int> { [(byte)'a'] = Messages.Length, [(byte)'b'] = 3 });

    // A table of lengths: unknown tags are refused.
    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (at < bytes.Length)
        {
            var length = _lengths[bytes[at]];
            if (length == 0)
            {
                Refuse();
            }
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

[BenchmarkCategory("Tagged(formats)")]
public class TaggedFormatsFormat : FormatBenchmark
{
    private const byte Tag = (byte)'T';

    protected override FrameFormat Format =>
        Frames.Tagged(new Dictionary<byte, FrameFormat> { [Tag] = Frames.Fixed(Messages.Length - 1), [(byte)'S'] = Frames.Lines() });

    protected override byte[] Message => [Tag, .. Messages.Plain.AsSpan(1)];

    // One switch on the tag; what follows a T is 63 bytes, what follows an S is a line.
    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (at < bytes.Length)
        {
            int length, trailer;
            switch (bytes[at])
            {
                case Tag:
                    length = Messages.Length;
                    trailer = 0;
                    break;
                case (byte)'S':
                    length = bytes[at..].IndexOf((byte)'\n');
                    trailer = 1;
                    if (length < 0)
                    {
                        return sum;
                    }
                    break;
                default:
                    Refuse();
                    return 0;
            }
            if (length > Limit)
            {
                Refuse();
            }
            if (bytes.Length - at < length + trailer)
            {
                break;
            }
            sum += Touch(memory.Slice(at, length));
            at += length + trailer;
        }
        return sum;
    }
}
