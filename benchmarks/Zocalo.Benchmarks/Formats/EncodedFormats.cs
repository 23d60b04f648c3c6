using System.Buffers;
using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;

namespace Zocalo.Benchmarks.Formats;

/// <summary>64 KiB of messages of 64 bytes, encoded into the same buffer again and again. By hand: what one would write for this format
/// alone, with the check that the message can be sent.</summary>
public abstract class EncodedFormat
{
    private const int Count = 900;

    private readonly OneBuffer _into = new();
    private FrameFormat _format = null!;

    protected byte[] Message { get; } = Messages.Plain;

    protected abstract FrameFormat Format { get; }

    [GlobalSetup]
    public void Setup()
    {
        _format = Format;
        if (ByHand() != Zocalo())
        {
            throw new InvalidOperationException($"{Format}: not the same bytes.");
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Count)]
    public int ByHand()
    {
        _into.Written = 0;
        for (var i = 0; i < Count; i++)
        {
            EncodeByHand(Message, _into);
        }
        return _into.Written;
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public int Zocalo()
    {
        _into.Written = 0;
        for (var i = 0; i < Count; i++)
        {
            _format.Encode(Message, _into);
        }
        return _into.Written;
    }

    protected abstract void EncodeByHand(ReadOnlySpan<byte> message, IBufferWriter<byte> into);

    protected static void CheckLength(ReadOnlySpan<byte> message)
    {
        if (message.Length > FrameFormat.DefaultMaxFrameLength)
        {
            throw new ArgumentException("too long", nameof(message));
        }
    }

    private sealed class OneBuffer : IBufferWriter<byte>
    {
        private readonly byte[] _bytes = new byte[64 * 1024];

        internal int Written { get; set; }

        public void Advance(int count) => Written += count;

        public Memory<byte> GetMemory(int sizeHint = 0) => _bytes.AsMemory(Written);

        public Span<byte> GetSpan(int sizeHint = 0) => _bytes.AsSpan(Written);
    }
}

[BenchmarkCategory("Encode LengthPrefixed(u32be)")]
public class LengthEncodedFormat : EncodedFormat
{
    protected override FrameFormat Format => Frames.LengthPrefixed();

    protected override void EncodeByHand(ReadOnlySpan<byte> message, IBufferWriter<byte> into)
    {
        CheckLength(message);
        var frame = into.GetSpan(4 + message.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)message.Length);
        message.CopyTo(frame[4..]);
        into.Advance(4 + message.Length);
    }
}

[BenchmarkCategory("Encode Lines")]
public class LineEncodedFormat : EncodedFormat
{
    protected override FrameFormat Format => Frames.Lines();

    protected override void EncodeByHand(ReadOnlySpan<byte> message, IBufferWriter<byte> into)
    {
        CheckLength(message);
        if (message.Contains((byte)'\n') || (message.Length > 0 && message[^1] == '\r'))
        {
            throw new ArgumentException("has a line end", nameof(message));
        }
        var frame = into.GetSpan(message.Length + 1);
        message.CopyTo(frame);
        frame[message.Length] = (byte)'\n';
        into.Advance(message.Length + 1);
    }
}

[BenchmarkCategory("Encode Cobs")]
public class CobsEncodedFormat : EncodedFormat
{
    protected override FrameFormat Format => Frames.Cobs();

    protected override void EncodeByHand(ReadOnlySpan<byte> message, IBufferWriter<byte> into)
    {
        CheckLength(message);
        var frame = into.GetSpan(message.Length + (message.Length / 254) + 2);
        var at = 0;
        while (true)
        {
            var window = message[..Math.Min(message.Length, 254)];
            var zero = window.IndexOf((byte)0);
            var run = zero < 0 ? window.Length : zero;
            frame[at] = (byte)(run + 1);
            message[..run].CopyTo(frame[(at + 1)..]);
            at += run + 1;
            message = message[(zero < 0 ? run : run + 1)..];
            if (zero < 0 && message.IsEmpty)
            {
                break;
            }
        }
        frame[at++] = 0;
        into.Advance(at);
    }
}

[BenchmarkCategory("Encode Slip")]
public class SlipEncodedFormat : EncodedFormat
{
    protected override FrameFormat Format => Frames.Slip();

    protected override void EncodeByHand(ReadOnlySpan<byte> message, IBufferWriter<byte> into)
    {
        CheckLength(message);
        var frame = into.GetSpan(2 + (2 * message.Length));
        frame[0] = 0xC0;
        var at = 1;
        for (int special; (special = message.IndexOfAny((byte)0xC0, (byte)0xDB)) >= 0; message = message[(special + 1)..])
        {
            message[..special].CopyTo(frame[at..]);
            at += special;
            frame[at++] = 0xDB;
            frame[at++] = message[special] == 0xC0 ? (byte)0xDC : (byte)0xDD;
        }
        message.CopyTo(frame[at..]);
        at += message.Length;
        frame[at++] = 0xC0;
        into.Advance(at);
    }
}
