using System.Buffers;

namespace Zocalo.Tests.Framing.Formats;

/// <summary>What a reader made of a stream that came in pieces: frames, bytes skipped, and how it broke, if it did.</summary>
internal sealed record Reading(IReadOnlyList<string> Frames, long Skipped, string? Error)
{
    /// <summary>Brings the pieces one after the other, and reads after each.</summary>
    internal static Reading Of(FrameFormat format, params IEnumerable<byte[]> pieces)
    {
        var reader = new FrameReader(format);
        var pending = new List<byte[]>();
        var frames = new List<string>();
        try
        {
            foreach (var piece in pieces)
            {
                pending.Add(piece);
                var buffer = Sequence(pending);
                reader.Begin(buffer);
                while (reader.TryRead(out var frame))
                {
                    frames.Add(Convert.ToHexString(frame.ToArray()));
                }
                var consumed = buffer.Length - reader.Leftover;
                Drop(pending, consumed);
            }
            while (reader.TryEnd(out var last))
            {
                frames.Add(Convert.ToHexString(last.ToArray()));
            }
        }
        catch (FrameException broken)
        {
            return new Reading(frames, reader.SkippedBytes, $"{broken.Reason} {broken.Message}");
        }
        return new Reading(frames, reader.SkippedBytes, null);
    }

    /// <summary>The exception that ends the stream.</summary>
    internal static FrameException Failure(FrameFormat format, byte[] stream)
    {
        var reader = new FrameReader(format);
        reader.Begin(new ReadOnlySequence<byte>(stream));
        return Assert.Throws<FrameException>(() =>
        {
            while (reader.TryRead(out _))
            {
            }
        });
    }

    /// <summary>Asserts that the stream reads the same in one piece, in any two, byte by byte, and (when short) in any three.</summary>
    /// <returns>What it reads as.</returns>
    internal static Reading AtEverySplit(FrameFormat format, byte[] stream)
    {
        var whole = Of(format, [stream]);
        Same(whole, Of(format, stream.Select(one => new[] { one })), "byte by byte");
        for (var i = 1; i < stream.Length; i++)
        {
            Same(whole, Of(format, stream[..i], stream[i..]), $"split at {i}");
            for (var j = i + 1; stream.Length <= 24 && j < stream.Length; j++)
            {
                Same(whole, Of(format, stream[..i], stream[i..j], stream[j..]), $"split at {i} and {j}");
            }
        }
        return whole;
    }

    /// <summary>The bytes of one message on the wire.</summary>
    internal static byte[] Encode(FrameFormat format, byte[] payload)
    {
        var into = new ArrayBufferWriter<byte>();
        format.Encode(payload, into);
        return into.WrittenSpan.ToArray();
    }

    /// <summary>Asserts that the message is refused and that nothing of it is written.</summary>
    internal static ArgumentException Refused(FrameFormat format, byte[] payload)
    {
        var into = new ArrayBufferWriter<byte>();
        var refused = Assert.Throws<ArgumentException>(nameof(payload), () => format.Encode(payload, into));
        Assert.Equal(0, into.WrittenCount);
        return refused;
    }

    /// <summary>Asserts that the message arrives as it was, at every split, and keeps within
    /// <see cref="FrameFormat.MaxWireLength"/>.</summary>
    internal static void Arrives(FrameFormat format, byte[] payload)
    {
        var wire = Encode(format, payload);
        Assert.True(wire.Length <= format.MaxWireLength, $"{wire.Length} bytes on the wire, at most {format.MaxWireLength} announced");
        var reading = AtEverySplit(format, [.. wire, .. wire]);
        var hex = Convert.ToHexString(payload);
        Assert.Equal([hex, hex], reading.Frames);
        Assert.Null(reading.Error);
    }

    private static void Same(Reading expected, Reading actual, string how)
    {
        Assert.True(expected.Frames.SequenceEqual(actual.Frames) && expected.Skipped == actual.Skipped && expected.Error == actual.Error,
            $"{how}: {string.Join(' ', actual.Frames)} skipped {actual.Skipped} {actual.Error}; in one piece: " +
            $"{string.Join(' ', expected.Frames)} skipped {expected.Skipped} {expected.Error}");
    }

    private static void Drop(List<byte[]> pending, long count)
    {
        while (count > 0)
        {
            var first = pending[0];
            if (first.Length > count)
            {
                pending[0] = first[(int)count..];
                return;
            }
            count -= first.Length;
            pending.RemoveAt(0);
        }
    }

    private static ReadOnlySequence<byte> Sequence(List<byte[]> pieces)
    {
        if (pieces.Count == 0)
        {
            return default;
        }
        var first = new Piece(pieces[0], null);
        var last = first;
        foreach (var next in pieces.Skip(1))
        {
            last = new Piece(next, last);
        }
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        internal Piece(byte[] bytes, Piece? before)
        {
            Memory = bytes;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
