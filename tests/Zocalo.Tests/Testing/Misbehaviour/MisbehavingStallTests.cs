using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Misbehaviour;

/// <summary>Operations that wait until they are released or given up.</summary>
public class MisbehavingStallTests
{
    private readonly RecordingStream _inner = new(Numbers.Bytes(100));

    [Fact]
    public async Task A_read_stalls_after_so_many_bytes_until_it_is_released()
    {
        await using var stream = new MisbehavingStream(_inner, new() { StallReadAfter = 5 });
        Assert.Equal(5, await stream.ReadAsync(new byte[8]));
        Assert.False(stream.Stalled.IsCompleted);
        var read = stream.ReadAsync(new byte[8]).AsTask();
        await stream.Stalled.WaitAsync(Numbers.Cap);
        Assert.False(read.IsCompleted);
        Assert.Equal(5, _inner.Taken);
        stream.Release();
        Assert.Equal(8, await read.WaitAsync(Numbers.Cap));
    }

    [Fact]
    public async Task A_read_that_stalls_ends_when_its_token_fires_and_the_next_one_stalls_again()
    {
        await using var stream = new MisbehavingStream(_inner, new() { StallReadAfter = 0 });
        for (var i = 0; i < 2; i++)
        {
            using var cancel = new CancellationTokenSource();
            var read = stream.ReadAsync(new byte[8], cancel.Token).AsTask();
            Assert.False(read.IsCompleted);
            await cancel.CancelAsync();
            var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(Numbers.Cap));
            Assert.Equal(cancel.Token, error.CancellationToken);
        }
    }

    [Fact]
    public async Task A_write_stalls_in_its_middle()
    {
        await using var stream = new MisbehavingStream(_inner, new() { StallWriteAfter = 5 });
        var write = stream.WriteAsync(Numbers.Bytes(8)).AsTask();
        await stream.Stalled.WaitAsync(Numbers.Cap);
        Assert.Equal(Numbers.Bytes(5), _inner.Written);
        Assert.False(write.IsCompleted);
        stream.Release();
        await write.WaitAsync(Numbers.Cap);
        Assert.Equal(Numbers.Bytes(8), _inner.Written);
    }

    [Fact]
    public async Task A_synchronous_operation_that_stalls_blocks_until_it_is_released()
    {
        await using var stream = new MisbehavingStream(_inner, new() { StallReadAfter = 0, StallWriteAfter = 0 });
        var both = Task.WhenAll(Task.Run(() => stream.Read(new byte[8])), Task.Run(() => stream.Write(new byte[8])));
        await stream.Stalled.WaitAsync(Numbers.Cap);
        Assert.Equal((0, 0), (_inner.Taken, _inner.Written.Length));
        stream.Release();
        await both.WaitAsync(Numbers.Cap);
        Assert.Equal((8, 8), (_inner.Taken, _inner.Written.Length));
    }

    [Fact]
    public async Task What_was_released_before_does_not_stall()
    {
        await using var stream = new MisbehavingStream(_inner, new() { StallReadAfter = 5, StallWriteAfter = 5 });
        stream.Release();
        Assert.Equal(100, (await stream.DrainAsync()).Bytes.Length);
        await stream.WriteAsync(Numbers.Bytes(8)).AsTask().WaitAsync(Numbers.Cap);
        Assert.False(stream.Stalled.IsCompleted);
    }

    [Fact]
    public async Task At_one_place_a_stall_comes_before_a_failure_and_a_failure_before_the_end()
    {
        await using var stream = new MisbehavingStream(_inner, new() { StallReadAfter = 5, FailReadAfter = 5, EndAfter = 5 });
        await stream.ReadExactlyAsync(new byte[5]);
        var read = stream.ReadAsync(new byte[8]).AsTask();
        Assert.False(read.IsCompleted);
        stream.Release();
        await Assert.ThrowsAsync<IOException>(() => read.WaitAsync(Numbers.Cap));
    }
}
