using System.Buffers;
using BenchmarkDotNet.Attributes;

namespace Zocalo.Benchmarks.Formats;

/// <summary>
/// The frames of one format in one segment of 64 KiB: our reader, and beside it the loop that one would write for this format alone. Both
/// check every length against <see cref="Limit"/>, hand each message out as something that can be kept across an await, and touch its first
/// byte and its length. The loops by hand stop at what is not whole, as ours does; they do not read on over segments, count offsets,
/// explain what was wrong, or know another format.
/// </summary>
public abstract class FormatBenchmark
{
    /// <summary>So many frames, of at most 72 bytes on the wire, fit into the segment.</summary>
    protected const int Count = 900;

    protected const int Limit = FrameFormat.DefaultMaxFrameLength;

    protected FrameReader Reader { get; private set; } = null!;

    /// <summary>What the reader reads.</summary>
    protected ReadOnlySequence<byte> Sequence { get; private set; }

    /// <summary>What loops by hand read: the same.</summary>
    protected ReadOnlyMemory<byte> Segment { get; private set; }

    /// <summary>Where loops by hand unescape to.</summary>
    protected byte[] Scratch { get; } = new byte[Limit];

    /// <summary>The format under test.</summary>
    protected abstract FrameFormat Format { get; }

    /// <summary>64 bytes, none of which means anything to a format.</summary>
    protected virtual byte[] Message => Messages.Plain;

    [GlobalSetup]
    public void Setup()
    {
        var wire = Messages.Encode(Format, Message, Count);
        var segment = new byte[64 * 1024];
        wire.CopyTo(segment, 0);
        Segment = segment.AsMemory(0, wire.Length);
        Sequence = new ReadOnlySequence<byte>(Segment);
        Reader = new FrameReader(Format);
        var expected = (long)Count * (Message[0] + Message.Length);
        if (ByHand() != expected || Zocalo() != expected)
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
        Reader.Begin(Sequence);
        foreach (var frame in Reader)
        {
            sum += Touch(frame.Span);
        }
        return sum;
    }

    /// <summary>The loop by hand, over <see cref="Segment"/>.</summary>
    /// <returns>The sum of what <see cref="Touch(ReadOnlyMemory{byte})"/> says.</returns>
    protected abstract long ReadByHand();

    /// <summary>The loop by hand for messages that end with one byte.</summary>
    protected long SearchFor(byte delimiter)
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        int length;
        while ((length = bytes[at..].IndexOf(delimiter)) >= 0)
        {
            if (length > Limit)
            {
                Refuse();
            }
            sum += Touch(memory.Slice(at, length));
            at += length + 1;
        }
        return sum;
    }

    /// <summary>What a program does with a message, at the least.</summary>
    protected static long Touch(ReadOnlySpan<byte> message) => message[0] + message.Length;

    /// <summary>What a program does with a message, at the least.</summary>
    protected static long Touch(ReadOnlyMemory<byte> message) => Touch(message.Span);

    /// <summary>Not part of a hot loop.</summary>
    protected static void Refuse() => throw new InvalidDataException();
}
