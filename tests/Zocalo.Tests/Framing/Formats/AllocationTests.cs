using System.Buffers;
using Zocalo.Tests.Allocation;

namespace Zocalo.Tests.Framing.Formats;

public sealed class AllocationTests
{
    public static TheoryData<string, FrameFormat> Formats => new()
    {
        { "Delimited", Frames.Delimited("aab"u8) },
        { "Lines", Frames.Lines() },
        { "strict Lines", Frames.Lines(strict: true) },
        { "Nul", Frames.Nul() },
        { "COBS", Frames.Cobs() },
        { "SLIP", Frames.Slip() },
        { "JT/T 808", Frames.Marked(FrameMarks.Jt808).WithChecksum(Checksum.Xor8).WithResync([0x7E]) },
        { "resync", Frames.LengthPrefixed(2).WithChecksum(Checksum.Crc32).WithResync([0]) },
    };

    [Theory]
    [MemberData(nameof(Formats), DisableDiscoveryEnumeration = true)]
    public void Nothing_is_allocated_a_frame(string name, FrameFormat format)
    {
        Assert.NotEmpty(name);
        byte[] payload = name is "COBS" ? [1, 0, 2, 0, 3] : [0x31, 0x7D, 0xC0, 0x7E, 0xDB];
        var stream = new ReadOnlySequence<byte>(
            Enumerable.Repeat(Reading.Encode(format, payload), 500).SelectMany(frame => frame).ToArray());
        var reader = new FrameReader(format);
        var frames = 0;
        Assert.InRange(Allocated.Least(() => frames = Count(reader, stream) + Count(reader, stream)), 0, 999);
        Assert.Equal(1000, frames);
    }

    private static int Count(FrameReader reader, ReadOnlySequence<byte> stream)
    {
        reader.Begin(stream);
        var count = 0;
        while (reader.TryRead(out _))
        {
            count++;
        }
        return count;
    }
}
