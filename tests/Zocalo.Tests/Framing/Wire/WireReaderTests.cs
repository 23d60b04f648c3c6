using System.Buffers;

namespace Zocalo.Tests.Framing.Wire;

public class WireReaderTests
{
    private static readonly byte[] Ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    [Fact]
    public void Position_and_remaining_tell_where_it_is()
    {
        foreach (var frame in Spread.Everywhere(Ten))
        {
            var reader = new WireReader(frame);
            for (var i = 0; i < Ten.Length; i++)
            {
                Assert.Equal((i, Ten.Length - i, false), (reader.Position, reader.Remaining, reader.IsAtEnd));
                Assert.Equal(Ten[i], reader.PeekByte());
                Assert.Equal(Ten[i], reader.ReadByte());
            }
            Assert.Equal((Ten.Length, 0, true), (reader.Position, reader.Remaining, reader.IsAtEnd));
            Assert.False(reader.TryPeekByte(out _));
            Assert.Equal("expected 1 byte at byte 10, found 0", Failing.Thrown(ref reader, (ref r) => r.PeekByte()).Message);
        }
    }

    [Fact]
    public void Every_part_of_a_message_can_be_skipped_or_taken()
    {
        foreach (var frame in Spread.Everywhere(Ten))
        {
            for (var start = 0; start <= Ten.Length; start++)
            {
                for (var count = 0; count <= Ten.Length - start; count++)
                {
                    var reader = new WireReader(frame);
                    reader.Skip(start);
                    Assert.Equal(Ten[start..(start + count)], reader.ReadBytes(count).ToArray());
                    Assert.Equal(Ten[(start + count)..], reader.ReadRest().ToArray());
                    reader.ThrowIfNotAtEnd();
                }
            }
        }
    }

    [Fact]
    public void Bytes_are_taken_without_a_copy()
    {
        byte[] array = [1, 2, 3, 4];
        var whole = new WireReader(array);
        whole.Skip(1);
        var fromArray = whole.ReadBytes(2);
        var pieces = new WireReader(Spread.Pieces([0], array, [0]));
        pieces.Skip(2);
        var fromPiece = pieces.ReadBytes(2);
        var acrossPieces = pieces.ReadRest();
        var span = new WireReader(array.AsSpan());
        var fromSpan = span.ReadBytes(4);

        Array.Fill(array, (byte)9);

        Assert.Equal([9, 9], fromArray.ToArray());
        Assert.Equal([9, 9], fromPiece.ToArray());
        Assert.True(fromPiece.IsContiguous);
        Assert.Equal([9, 0], acrossPieces.ToArray());
        Assert.Equal([1, 2, 3, 4], fromSpan.ToArray());
    }

    [Fact]
    public void Bytes_that_lie_in_one_piece_are_taken_in_one_piece()
    {
        var reader = new WireReader(Spread.Pieces([1, 2], [], [3, 4, 5], [6]));
        Assert.True(reader.ReadBytes(2).IsContiguous);
        Assert.True(reader.ReadBytes(3).IsContiguous);
        Assert.Equal([6], reader.ReadRest().ToArray());
    }

    [Fact]
    public void A_copy_reads_ahead_by_itself()
    {
        foreach (var frame in Spread.Everywhere(Ten))
        {
            var reader = new WireReader(frame);
            reader.Skip(2);
            var ahead = reader;
            Assert.Equal(0x0203040506070809, ahead.ReadInt64BigEndian());
            Assert.Equal((10, 2), (ahead.Position, reader.Position));
            Assert.Equal(0x0203, reader.ReadInt16BigEndian());
        }
    }

    [Fact]
    public void Bytes_that_are_left_over_are_an_error()
    {
        var reader = new WireReader(Spread.Pieces([1, 2], [3]));
        reader.Skip(1);
        var thrown = Failing.Thrown(ref reader, (ref r) => { r.ThrowIfNotAtEnd(); return 0; });
        Assert.Equal("expected the end at byte 1, found 2 bytes more", thrown.Message);
        Assert.Equal((1, "the end"), (thrown.Position, thrown.Expected));
        reader.Skip(2);
        reader.ThrowIfNotAtEnd();
    }

    [Fact]
    public void Nothing_is_a_message_too()
    {
        AssertEmpty(default);
        AssertEmpty(new WireReader(default(Frame)));
        AssertEmpty(new WireReader(ReadOnlySpan<byte>.Empty));
        AssertEmpty(new WireReader(ReadOnlySequence<byte>.Empty));
        AssertEmpty(new WireReader(Spread.Pieces([], [], [])));
        AssertEmpty(new WireReader(Array.Empty<byte>()));
    }

    [Fact]
    public void A_failed_exact_read_copies_nothing()
    {
        byte[] room = [7, 7, 7];
        var reader = new WireReader(Spread.Sequence([1], [2]));
        Assert.False(reader.TryReadExactly(room));
        Assert.Equal([7, 7, 7], room);
        Assert.Equal(
            "expected 3 bytes at byte 0, found 2", Failing.Thrown(ref reader, (ref r) => { r.ReadExactly(room); return 0; }).Message);
        Assert.Equal([7, 7, 7], room);
    }

    private static void AssertEmpty(WireReader reader)
    {
        Assert.True(reader.IsAtEnd);
        Assert.Equal((0, 0), (reader.Position, reader.Remaining));
        Assert.False(reader.TryReadByte(out _));
        Assert.False(reader.TryReadVarUInt64(out _));
        Assert.False(reader.TryReadUtf8Terminated(out _));
        Assert.Equal("", reader.ReadUtf8(0));
        Assert.True(reader.ReadBytes(0).IsEmpty);
        Assert.True(reader.ReadRest().IsEmpty);
        Assert.True(reader.TryReadExactly([]));
        reader.Skip(0);
        reader.ThrowIfNotAtEnd();
    }
}
