using System.Buffers;

namespace Zocalo.Benchmarks;

/// <summary>What is sent.</summary>
internal static class Messages
{
    internal const int Length = 64;

    /// <summary>No byte of it is a mark, an escape, a delimiter or zero in any format.</summary>
    internal static byte[] Plain { get; } = [.. Enumerable.Repeat((byte)'a', Length)];

    /// <summary>The same with these bytes in it, spread evenly and never first.</summary>
    internal static byte[] With(params ReadOnlySpan<byte> special)
    {
        var message = (byte[])Plain.Clone();
        var distance = Length / (special.Length + 1);
        for (var i = 0; i < special.Length; i++)
        {
            message[(i + 1) * distance] = special[i];
        }
        return message;
    }

    /// <summary>So many frames, one behind the other.</summary>
    internal static byte[] Encode(FrameFormat format, byte[] message, int count)
    {
        var wire = new ArrayBufferWriter<byte>();
        for (var i = 0; i < count; i++)
        {
            format.Encode(message, wire);
        }
        return wire.WrittenSpan.ToArray();
    }

    /// <summary>The same bytes in segments of 4 KiB.</summary>
    internal static ReadOnlySequence<byte> Spread(byte[] wire)
    {
        Segment? first = null;
        Segment? last = null;
        foreach (var piece in wire.Chunk(4096))
        {
            last = new Segment(piece, last);
            first ??= last;
        }
        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        internal Segment(byte[] piece, Segment? before)
        {
            Memory = piece;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
