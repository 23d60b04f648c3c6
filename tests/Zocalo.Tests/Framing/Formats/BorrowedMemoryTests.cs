using System.Buffers;
using Zocalo.Tests.Framing.Proof;

namespace Zocalo.Tests.Framing.Formats;

/// <summary>A message that had to be rewritten is in memory from the shared pool. The memory belongs to the message until the next call,
/// and is not rented to other code.</summary>
public sealed class BorrowedMemoryTests
{
    private static readonly byte[] Payload = [1, 0x7E, 2, 0x7D, 0, 3, 0xC0, 0, 0xDB, 4];

    public static TheoryData<string, FrameFormat> Formats => new()
    {
        { "HDLC", Frames.Marked(FrameMarks.Hdlc) },
        { "JT/T 808", Frames.Marked(FrameMarks.Jt808) },
        { "SLIP", Frames.Slip() },
        { "COBS", Frames.Cobs() },
        { "with a checksum", Frames.Marked(FrameMarks.Jt808).WithChecksum(Checksum.Xor8) },
        { "with resync", Frames.Marked(FrameMarks.Jt808).WithResync([0x7E]) },
    };

    [Theory]
    [MemberData(nameof(Formats), DisableDiscoveryEnumeration = true)]
    public void A_message_keeps_its_bytes_while_others_rent_memory_whichever_way_it_came(string name, FrameFormat format)
    {
        Assert.NotEmpty(name);
        var wire = Reading.Encode(format, Payload);
        for (var cut = 0; cut < wire.Length; cut++)
        {
            var reader = new FrameReader(format);
            reader.Begin(cut == 0 ? new ReadOnlySequence<byte>(wire) : Pieces.Of(wire, [cut]));
            Assert.True(reader.TryRead(out var frame));
            RentAndOverwrite(wire.Length);
            Assert.Equal(Payload, frame.ToArray());
            Assert.False(reader.TryRead(out _));
        }
    }

    [Theory]
    [MemberData(nameof(Formats), DisableDiscoveryEnumeration = true)]
    public void The_last_message_of_a_stream_keeps_its_bytes_too(string name, FrameFormat format)
    {
        Assert.NotEmpty(name);
        var wire = Reading.Encode(format, Payload);
        var reader = new FrameReader(format);
        reader.Begin(Pieces.Of(wire, [wire.Length / 2]));
        Assert.True(reader.TryEnd(out var frame));
        RentAndOverwrite(wire.Length);
        Assert.Equal(Payload, frame.ToArray());
        Assert.False(reader.TryEnd(out _));
    }

    // The array that a thread has returned last is the one that it rents next.
    private static void RentAndOverwrite(int length)
    {
        var rented = ArrayPool<byte>.Shared.Rent(length);
        rented.AsSpan().Fill(0xFF);
        ArrayPool<byte>.Shared.Return(rented);
    }
}
