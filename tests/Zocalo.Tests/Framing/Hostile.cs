using System.Buffers;
using Zocalo.Tests.Framing.Proof;

namespace Zocalo.Tests.Framing;

/// <summary>Reads what a peer should not have sent.</summary>
internal static class Hostile
{
    public static FrameFormat Format(string kind, int limit) => kind switch
    {
        "u8" => Frames.LengthPrefixed(1, maxFrameLength: limit),
        "u16" => Frames.LengthPrefixed(2, maxFrameLength: limit),
        "u32" => Frames.LengthPrefixed(4, maxFrameLength: limit),
        "u64" => Frames.LengthPrefixed(8, maxFrameLength: limit),
        "varint" => Frames.VarintPrefixed(limit),
        "digits" => Frames.DigitsPrefixed(9, limit),
        _ => Frames.Netstrings(limit),
    };

    /// <summary>The frames of a stream that has come to its end.</summary>
    public static List<byte[]> Read(FrameFormat format, byte[] stream)
    {
        var reader = new FrameReader(format);
        reader.Begin(new ReadOnlySequence<byte>(stream));
        var frames = new List<byte[]>();
        while (reader.TryEnd(out var frame))
        {
            frames.Add(frame.ToArray());
        }
        return frames;
    }

    /// <summary>How a stream is refused, in one piece and byte by byte, after that many frames.</summary>
    public static FrameException Corrupt(FrameFormat format, byte[] stream, int frames = 0)
    {
        var (whole, split) = (new Transcript(), new Transcript());
        Feeding.Read(format, stream, [], Arrival.Segments, whole);
        Feeding.Read(format, stream, [.. Enumerable.Range(1, stream.Length - 1)], Arrival.OneAfterAnother, split);
        Assert.True(whole.SameAs(split), $"{whole}\n{split}");
        Assert.Equal(frames, whole.Count);
        Assert.NotNull(whole.Failure);
        Assert.Equal(EndReason.ProtocolError, whole.Failure.Reason);
        return whole.Failure;
    }
}
