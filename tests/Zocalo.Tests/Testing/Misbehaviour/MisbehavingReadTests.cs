using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Misbehaviour;

public class MisbehavingReadTests
{
    private static readonly MisbehavingStreamOptions Short = new() { ShortReads = true };

    [Fact]
    public async Task Without_options_everything_passes_as_it_is()
    {
        var inner = new RecordingStream(Numbers.Bytes(100));
        await using var stream = new MisbehavingStream(inner, new());
        var (bytes, sizes) = await stream.DrainAsync();
        Assert.Equal(Numbers.Bytes(100), bytes);
        Assert.Equal([64, 36], sizes);
        await stream.WriteAsync(Numbers.Bytes(50));
        Assert.Equal([50], inner.WriteLengths);
        Assert.Equal((100, 50), (stream.BytesRead, stream.BytesWritten));
    }

    [Fact]
    public async Task Short_reads_lose_nothing_and_change_no_order()
    {
        for (var seed = 0UL; seed < 100; seed++)
        {
            await using var stream = new MisbehavingStream(new RecordingStream(Numbers.Bytes(1000)), Short with { Seed = seed });
            var (bytes, sizes) = await stream.DrainAsync();
            Assert.Equal(Numbers.Bytes(1000), bytes);
            Assert.True(sizes.Count > 20, $"seed {seed}: {sizes.Count} reads");
        }
    }

    [Fact]
    public async Task Short_reads_cut_a_small_message_even_where_the_buffer_is_great()
    {
        var cut = 0;
        for (var seed = 0UL; seed < 100; seed++)
        {
            await using var stream = new MisbehavingStream(new RecordingStream(Numbers.Bytes(20)), Short with { Seed = seed });
            cut += (await stream.DrainAsync(asked: 4096)).Sizes.Count > 1 ? 1 : 0;
        }
        Assert.InRange(cut, 20, 90);
    }

    [Fact]
    public async Task Short_reads_reach_both_bounds()
    {
        await using var stream = new MisbehavingStream(new RecordingStream(Numbers.Bytes(4000)), Short);
        var (_, sizes) = await stream.DrainAsync(asked: 10);
        Assert.Contains(1, sizes);
        Assert.Contains(10, sizes);
    }

    [Fact]
    public async Task The_same_seed_cuts_alike_and_another_one_does_not()
    {
        Assert.Equal(await SizesAsync(7), await SizesAsync(7));
        Assert.NotEqual(await SizesAsync(7), await SizesAsync(8));

        static async Task<List<int>> SizesAsync(ulong seed)
        {
            await using var stream = new MisbehavingStream(
                new RecordingStream(Numbers.Bytes(1000)), MisbehavingStreamOptions.Harmless with { Seed = seed });
            return (await stream.DrainAsync()).Sizes;
        }
    }

    [Fact]
    public async Task What_is_written_in_between_does_not_change_how_reads_are_cut()
    {
        var options = MisbehavingStreamOptions.Harmless with { Seed = 3 };
        await using var quiet = new MisbehavingStream(new RecordingStream(Numbers.Bytes(1000)), options);
        await using var busy = new MisbehavingStream(new RecordingStream(Numbers.Bytes(1000)), options);
        await busy.WriteAsync(Numbers.Bytes(500));
        Assert.Equal((await quiet.DrainAsync()).Sizes, (await busy.DrainAsync()).Sizes);
    }

    [Fact]
    public async Task Synchronous_reads_are_cut_as_asynchronous_ones_are()
    {
        var options = MisbehavingStreamOptions.Harmless with { Seed = 5, AsyncRatio = 1 };
        await using var stream = new MisbehavingStream(new RecordingStream(Numbers.Bytes(1000)), options);
        await using var other = new MisbehavingStream(new RecordingStream(Numbers.Bytes(1000)), options);
        var sizes = new List<int>();
        var buffer = new byte[64];
        while (other.Read(buffer, 0, buffer.Length) is > 0 and var count)
        {
            sizes.Add(count);
        }
        Assert.Equal((await stream.DrainAsync()).Sizes, sizes);
    }

    [Fact]
    public async Task Reads_follow_the_sizes_that_are_given_and_the_last_one_stays()
    {
        await using var stream = new MisbehavingStream(new RecordingStream(Numbers.Bytes(20)), new() { ReadSizes = [3, 1, 5] });
        var (bytes, sizes) = await stream.DrainAsync();
        Assert.Equal([3, 1, 5, 5, 5, 1], sizes);
        Assert.Equal(Numbers.Bytes(20), bytes);
    }

    [Fact]
    public async Task A_read_for_nothing_is_no_turn()
    {
        await using var stream = new MisbehavingStream(new RecordingStream(Numbers.Bytes(20)), new() { ReadSizes = [3, 100] });
        Assert.Equal(0, await stream.ReadAsync(Memory<byte>.Empty));
        Assert.Equal(3, await stream.ReadAsync(new byte[50]));
    }

    [Fact]
    public async Task The_stream_ends_after_so_many_bytes_whatever_the_inner_one_has()
    {
        var inner = new RecordingStream(Numbers.Bytes(10));
        await using var stream = new MisbehavingStream(inner, new() { EndAfter = 5 });
        Assert.Equal([4, 1], (await stream.DrainAsync(asked: 4)).Sizes);
        Assert.Equal(0, await stream.ReadAsync(new byte[4]));
        Assert.Equal(0, stream.Read(new byte[4]));
        Assert.Equal(5, inner.Taken);
    }

    [Fact]
    public async Task Reading_fails_after_so_many_bytes_and_goes_on_failing()
    {
        var inner = new RecordingStream(Numbers.Bytes(10));
        await using var stream = new MisbehavingStream(inner, new() { FailReadAfter = 5 });
        Assert.Equal(4, await stream.ReadAsync(new byte[4]));
        Assert.Equal(1, await stream.ReadAsync(new byte[4]));
        for (var i = 0; i < 2; i++)
        {
            var error = await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[4]).AsTask());
            Assert.Contains("5 bytes", error.Message, StringComparison.Ordinal);
            Assert.Throws<IOException>(() => stream.Read(new byte[4]));
        }
        Assert.Equal(5, inner.Taken);
        await stream.WriteAsync(Numbers.Bytes(3));      // the other direction is whole
    }
}
