using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Misbehaviour;

public class MisbehavingWriteTests
{
    private readonly RecordingStream _inner = new();

    [Fact]
    public async Task Writes_arrive_whole_and_in_order_though_in_pieces()
    {
        for (var seed = 0UL; seed < 100; seed++)
        {
            var inner = new RecordingStream();
            await using var stream = new MisbehavingStream(inner, MisbehavingStreamOptions.Harmless with { Seed = seed });
            await stream.WriteAsync(Numbers.Bytes(200));
            stream.Write(Numbers.Bytes(100), 50, 50);
            Assert.Equal([.. Numbers.Bytes(200), .. Numbers.Bytes(100)[50..]], inner.Written);
            Assert.True(inner.WriteLengths.Count > 4, $"seed {seed}: {inner.WriteLengths.Count} pieces");
        }
    }

    [Fact]
    public async Task Pieces_have_the_sizes_that_are_given_and_the_last_one_stays()
    {
        await using var stream = new MisbehavingStream(_inner, new() { WriteSizes = [2, 3] });
        await stream.WriteAsync(Numbers.Bytes(10));
        stream.Write(Numbers.Bytes(4));
        Assert.Equal([2, 3, 3, 2, 3, 1], _inner.WriteLengths);
    }

    [Fact]
    public async Task A_write_of_nothing_is_passed_on()
    {
        await using var stream = new MisbehavingStream(_inner, MisbehavingStreamOptions.Harmless);
        await stream.WriteAsync(ReadOnlyMemory<byte>.Empty);
        Assert.Equal([0], _inner.WriteLengths);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Writing_fails_after_so_many_bytes_which_the_peer_has(bool async)
    {
        await using var stream = new MisbehavingStream(_inner, new() { FailWriteAfter = 4 });
        for (var i = 0; i < 2; i++)
        {
            if (async)
            {
                await Assert.ThrowsAsync<IOException>(async () => await stream.WriteAsync(Numbers.Bytes(10)));
            }
            else
            {
                Assert.Throws<IOException>(() => stream.Write(Numbers.Bytes(10)));
            }
        }
        Assert.Equal(Numbers.Bytes(4), _inner.Written);
        Assert.Equal(4, stream.BytesWritten);
    }

    [Fact]
    public async Task A_write_that_ends_where_writing_breaks_succeeds()
    {
        await using var stream = new MisbehavingStream(_inner, new() { FailWriteAfter = 4 });
        await stream.WriteAsync(Numbers.Bytes(4));
        await Assert.ThrowsAsync<IOException>(async () => await stream.WriteAsync(Numbers.Bytes(1)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_not_flushed_does_not_reach_the_peer(bool async)
    {
        await using var stream = new MisbehavingStream(_inner, new() { HoldWrites = true });
        await stream.WriteAsync(Numbers.Bytes(4));
        stream.Write(Numbers.Bytes(3));
        Assert.Equal((0, 7, 0), (_inner.WriteLengths.Count, stream.BytesHeld, stream.BytesWritten));
        if (async)
        {
            await stream.FlushAsync();
        }
        else
        {
            stream.Flush();
        }
        Assert.Equal([.. Numbers.Bytes(4), .. Numbers.Bytes(3)], _inner.Written);
        Assert.Equal((1, 0, 7), (_inner.Flushes, stream.BytesHeld, stream.BytesWritten));
    }

    [Fact]
    public async Task What_is_held_is_a_copy()
    {
        await using var stream = new MisbehavingStream(_inner, new() { HoldWrites = true });
        var bytes = Numbers.Bytes(4);
        await stream.WriteAsync(bytes);
        Array.Clear(bytes);
        await stream.FlushAsync();
        Assert.Equal(Numbers.Bytes(4), _inner.Written);
    }

    [Fact]
    public async Task A_flush_without_anything_held_is_passed_on()
    {
        await using var stream = new MisbehavingStream(_inner, new());
        await stream.FlushAsync();
        stream.Flush();
        Assert.Equal((2, 0), (_inner.Flushes, _inner.WriteLengths.Count));
    }

    [Fact]
    public async Task A_flush_that_is_cancelled_keeps_what_it_did_not_pass_on()
    {
        await using var stream = new MisbehavingStream(_inner, new() { HoldWrites = true, StallWriteAfter = 4 });
        using var cancel = new CancellationTokenSource();
        await stream.WriteAsync(Numbers.Bytes(10));
        var flush = stream.FlushAsync(cancel.Token);
        await stream.Stalled.WaitAsync(Numbers.Cap);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush.WaitAsync(Numbers.Cap));
        Assert.Equal((4, 6), (_inner.Written.Length, stream.BytesHeld));
        stream.Release();
        await stream.FlushAsync().WaitAsync(Numbers.Cap);
        Assert.Equal(Numbers.Bytes(10), _inner.Written);
    }

    [Fact]
    public void A_flush_that_fails_passes_on_what_comes_before()
    {
        using var stream = new MisbehavingStream(_inner, new() { HoldWrites = true, FailWriteAfter = 4 }, leaveOpen: true);
        stream.Write(Numbers.Bytes(10));
        Assert.Throws<IOException>(stream.Flush);
        Assert.Equal(Numbers.Bytes(4), _inner.Written);
        Assert.Equal(6, stream.BytesHeld);
        Assert.Throws<IOException>(stream.Dispose);
    }
}
