using System.Buffers;
using Zocalo.Tests.Allocation;

namespace Zocalo.Tests.Framing.Wire;

/// <summary>Counts this thread's allocations only, so other tests may run beside it.</summary>
public class WireAllocationTests
{
    private const int Rounds = 1_000;
    private const int SmallestObject = 24;      // bytes, on 64 bits

    private static readonly byte[] Message = Made();
    private static readonly Frame Whole = new(Message);
    private static readonly Frame ByteByByte = Spread.Pieces([.. Message.Select(value => new[] { value })]);
    private static readonly ReadOnlySequence<byte> Halves = Spread.Sequence(
        Message[..(Message.Length / 2)], Message[(Message.Length / 2)..]);

    [Fact]
    public void Reading_allocates_nothing()
    {
        AssertNothing(() => ReadAll(new WireReader(Whole)));
        AssertNothing(() => ReadAll(new WireReader(ByteByByte)));
        AssertNothing(() => ReadAll(new WireReader(Halves)));
    }

    [Fact]
    public void A_read_that_fails_allocates_nothing_when_it_was_a_try() => AssertNothing(() =>
    {
        var reader = new WireReader(ByteByByte);
        reader.Skip(Message.Length - 1);
        return reader.TryReadUInt16BigEndian(out _) || reader.TryReadVarUInt64(out _) || reader.TryReadDecimal(out _)
            || reader.TryReadUtf8(2, out _)
            || reader.TryReadUtf8Terminated(out _) || reader.TryReadBytes(-1, out _) || reader.TryReadDigits(5, out _) ? 1 : 0;
    });

    /// <summary>Not exact to the byte: where a thread's part of the heap ends, the runtime may count up to some hundred bytes of filling
    /// to the thread, and how often depends on what other threads allocate. A further object a string would show.</summary>
    [Fact]
    public void A_string_costs_itself_only()
    {
        var text = new string('ñ', 500);
        var output = new ArrayBufferWriter<byte>();
        new WireWriter(output).WriteUtf8(text);
        var spread = Spread.Pieces([.. output.WrittenSpan.ToArray().Select(value => new[] { value })]);
        var made = AllocatedBy(() => new string('ñ', 500).Length);
        var read = AllocatedBy(() => new WireReader(spread).ReadUtf8(1000).Length);
        Assert.InRange(read - made, -SmallestObject * Rounds / 2, SmallestObject * Rounds / 2);
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        var output = new ArrayBufferWriter<byte>(1024);
        AssertNothing(() =>
        {
            output.ResetWrittenCount();
            WriteAll(new WireWriter(output));
            return output.WrittenCount;
        });
    }

    private static byte[] Made()
    {
        var output = new ArrayBufferWriter<byte>();
        WriteAll(new WireWriter(output));
        new WireWriter(output).WriteByte(0xFF);
        return output.WrittenSpan.ToArray();
    }

    private static void WriteAll(WireWriter writer)
    {
        writer.WriteUInt16BigEndian(1);
        writer.WriteInt24LittleEndian(-2);
        writer.WriteDoubleBigEndian(3);
        writer.WriteInt128LittleEndian(4);
        writer.WriteVarUInt64(ulong.MaxValue);
        writer.WriteZigZagInt32(-5);
        writer.WriteDigits(6, 5);
        writer.WriteDecimal(-7);
        writer.WriteUtf8Terminated("ocho");
        writer.WriteAscii("nueve");
        writer.WriteBytes([10, 11, 12, 13]);
    }

    private static int ReadAll(WireReader reader)
    {
        reader.ReadUInt16BigEndian();
        reader.ReadInt24LittleEndian();
        reader.ReadDoubleBigEndian();
        reader.ReadInt128LittleEndian();
        reader.ReadVarUInt64();
        reader.ReadZigZagInt32();
        reader.ReadDigits(5);
        reader.ReadDecimal();
        reader.ReadBytesTerminated(0);
        reader.Skip(5);
        reader.ReadBytes(2);
        Span<byte> room = stackalloc byte[2];
        reader.ReadExactly(room);
        return reader.ReadRest().Length;
    }

    private static void AssertNothing(Func<int> act) => Assert.Equal(0, AllocatedBy(act));

    private static long AllocatedBy(Func<int> act) => Allocated.Least(() =>
    {
        for (var round = 0; round < Rounds; round++)
        {
            act();
        }
    });
}
