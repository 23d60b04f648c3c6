using System.Buffers;
using Zocalo.Tests.Framing.Formats;
using Zocalo.Tests.Framing.Proof;

namespace Zocalo.Tests.Framing;

/// <summary>A checksum covers the same bytes wherever the memory of a message is cut.</summary>
public sealed class SpreadChecksumTests
{
    private static readonly byte[] Payload = [9, 8, 7, 6, 5, 4, 3, 2, 1];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)]
    public void The_bytes_left_out_are_left_out_of_a_message_in_two_and_three_segments(int start)
    {
        var format = Frames.LengthPrefixed(2).WithChecksum(Checksum.Crc32, start, [0x55]);
        var wire = Reading.Encode(format, Payload);
        for (var one = 1; one < wire.Length; one++)
        {
            Arrives(format, Pieces.Of(wire, [one]));
            for (var two = one + 1; two < wire.Length; two++)
            {
                Arrives(format, Pieces.Of(wire, [one, two]));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Only_what_is_covered_counts_in_a_message_in_two_segments(int start)
    {
        var format = Frames.LengthPrefixed(2).WithChecksum(Checksum.Crc32, start);
        var wire = Reading.Encode(format, Payload);
        for (var at = 0; at < Payload.Length; at++)
        {
            var changed = wire.ToArray();
            changed[2 + at] ^= 0x10;
            var reader = new FrameReader(format);
            reader.Begin(Pieces.Of(changed, [6]));
            if (at < start)
            {
                Assert.True(reader.TryRead(out _));
            }
            else
            {
                Assert.Throws<FrameException>(() => reader.TryRead(out _));
            }
        }
    }

    private static void Arrives(FrameFormat format, in ReadOnlySequence<byte> wire)
    {
        var reader = new FrameReader(format);
        reader.Begin(wire);
        Assert.True(reader.TryRead(out var frame));
        Assert.Equal(Payload, frame.ToArray());
    }
}
