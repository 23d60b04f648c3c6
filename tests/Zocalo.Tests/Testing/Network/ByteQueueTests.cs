using Zocalo.Testing.Network;

namespace Zocalo.Tests.Testing.Network;

/// <summary>A queue of bytes beside a list that does the same.</summary>
public class ByteQueueTests
{
    private readonly ByteQueue _queue = new();
    private readonly List<byte> _model = [];

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1000)]
    public void Bytes_come_out_in_the_order_in_which_they_went_in_however_the_ring_turns(int most)
    {
        var random = new Random(20240229);
        byte next = 0;
        for (var round = 0; round < 1000; round++)
        {
            var bytes = new byte[random.Next(1, most + 2)];
            for (var i = 0; i < bytes.Length; i++)
            {
                bytes[i] = next++;
            }
            _queue.Write(bytes);
            _model.AddRange(bytes);
            Assert.Equal(_model.Count, _queue.Count);

            var into = new byte[random.Next(0, most + 2)];
            var offset = random.Next(0, _model.Count + 1);
            var copied = _queue.Copy(offset, into);
            Assert.Equal(_model.Skip(offset).Take(into.Length), into[..copied]);

            var read = _queue.Read(into);
            Assert.Equal(_model.Take(into.Length), into[..read]);
            _model.RemoveRange(0, read);
        }
    }

    [Fact]
    public void Bytes_are_dropped_at_either_end()
    {
        _queue.Write("0123456789"u8);
        _queue.Skip(2);
        _queue.DropLast(3);
        _queue.Write("ab"u8);
        Assert.Equal("23456ab", All());
        _queue.Skip(7);
        Assert.Equal(0, _queue.Count);
        _queue.Write("again"u8);
        _queue.DropLast(5);
        Assert.Equal(0, _queue.Count);
        _queue.Write("and again"u8);
        Assert.Equal("and again", All());
    }

    [Fact]
    public void An_empty_queue_gives_nothing()
    {
        Assert.Equal(0, _queue.Read(new byte[9]));
        Assert.Equal(0, _queue.Copy(0, new byte[9]));
        _queue.Skip(0);
        _queue.DropLast(0);
        Assert.Equal(0, _queue.Count);
    }

    private string All()
    {
        var bytes = new byte[_queue.Count];
        Assert.Equal(bytes.Length, _queue.Copy(0, bytes));
        return System.Text.Encoding.ASCII.GetString(bytes);
    }
}
