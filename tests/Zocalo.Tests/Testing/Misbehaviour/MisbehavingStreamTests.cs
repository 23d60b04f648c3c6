using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Misbehaviour;

/// <summary>The life of the stream, and the numbers that it takes.</summary>
public class MisbehavingStreamTests
{
    private readonly RecordingStream _inner = new(Numbers.Bytes(10));

    [Fact]
    public async Task Each_disposal_is_counted_and_the_inner_stream_is_disposed_once()
    {
        var stream = new MisbehavingStream(_inner, new());
        Assert.Equal(0, stream.DisposeCount);
        await stream.DisposeAsync();
        Assert.Equal((1, 1), (stream.DisposeCount, _inner.Disposals));
        stream.Dispose();
        stream.Close();
        await stream.DisposeAsync();
        Assert.Equal((4, 1), (stream.DisposeCount, _inner.Disposals));
    }

    [Fact]
    public async Task The_inner_stream_stays_open_if_asked_to()
    {
        new MisbehavingStream(_inner, new(), leaveOpen: true).Dispose();
        await new MisbehavingStream(_inner, new(), leaveOpen: true).DisposeAsync();
        Assert.Equal(0, _inner.Disposals);
        new MisbehavingStream(_inner, new()).Dispose();
        Assert.Equal(1, _inner.Disposals);
    }

    [Fact]
    public async Task Nothing_can_be_done_with_it_afterwards()
    {
        var stream = new MisbehavingStream(_inner, new());
        Assert.True(stream is { CanRead: true, CanWrite: true, CanSeek: false });
        await stream.DisposeAsync();
        Assert.True(stream is { CanRead: false, CanWrite: false, CanSeek: false });
        Assert.Throws<ObjectDisposedException>(() => stream.Read(new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => stream.Write(new byte[1]));
        Assert.Throws<ObjectDisposedException>(stream.Flush);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadAsync(new byte[1]).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.WriteAsync(new byte[1]).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.FlushAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Disposing_passes_on_what_waits_for_a_flush(bool async)
    {
        var stream = new MisbehavingStream(_inner, new() { HoldWrites = true, StallWriteAfter = 2 });
        await stream.WriteAsync(Numbers.Bytes(4));
        if (async)
        {
            await stream.DisposeAsync().AsTask().WaitAsync(Numbers.Cap);
        }
        else
        {
            stream.Dispose();
        }
        Assert.Equal(Numbers.Bytes(4), _inner.Written);
    }

    [Fact]
    public async Task The_inner_stream_is_disposed_even_if_what_waits_cannot_be_passed_on()
    {
        var stream = new MisbehavingStream(_inner, new() { HoldWrites = true, FailWriteAfter = 2 });
        await stream.WriteAsync(Numbers.Bytes(4));
        await Assert.ThrowsAsync<IOException>(async () => await stream.DisposeAsync());
        Assert.Equal(1, _inner.Disposals);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_operation_that_stalls_fails_when_the_stream_is_disposed(bool async)
    {
        var stream = new MisbehavingStream(_inner, new() { StallReadAfter = 0 });
        var read = async ? stream.ReadAsync(new byte[4]).AsTask() : Task.Run(() => stream.Read(new byte[4]));
        await stream.Stalled.WaitAsync(Numbers.Cap);
        stream.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => read.WaitAsync(Numbers.Cap));
        Assert.Equal(0, _inner.Taken);
    }

    public static TheoryData<string, Func<MisbehavingStreamOptions>> WrongNumbers => new()
    {
        { "AsyncRatio is -0.1; it must be between 0 and 1", () => new() { AsyncRatio = -0.1 } },
        { "AsyncRatio is 1.1", () => new() { AsyncRatio = 1.1 } },
        { "AsyncRatio is NaN", () => new() { AsyncRatio = double.NaN } },
        { "MaxDelay is -00:00:01", () => new() { MaxDelay = TimeSpan.FromSeconds(-1) } },
        { "MaxDelay is 2.00:00:00; it must be between zero and one day", () => new() { MaxDelay = TimeSpan.FromDays(2) } },
        { "A number in ReadSizes is 0; each must be at least 1", () => new() { ReadSizes = [1, 0] } },
        { "A number in WriteSizes is -3", () => new() { WriteSizes = [-3] } },
        { "EndAfter is -1 bytes; it must be 0 or more", () => new() { EndAfter = -1 } },
        { "FailReadAfter is -1", () => new() { FailReadAfter = -1 } },
        { "FailWriteAfter is -1", () => new() { FailWriteAfter = -1 } },
        { "StallReadAfter is -1", () => new() { StallReadAfter = -1 } },
        { "StallWriteAfter is -1", () => new() { StallWriteAfter = -1 } },
    };

    [Theory]
    [MemberData(nameof(WrongNumbers), DisableDiscoveryEnumeration = true)]
    public void A_number_that_makes_no_sense_is_refused_and_named(string message, Func<MisbehavingStreamOptions> make)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(make);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_of_sizes_that_changes_later_changes_nothing()
    {
        var sizes = new List<int> { 3 };
        await using var stream = new MisbehavingStream(_inner, new() { ReadSizes = sizes });
        sizes[0] = 4;
        Assert.Equal(3, await stream.ReadAsync(new byte[10]));
    }

    [Fact]
    public void A_stream_and_options_must_be_given()
    {
        Assert.Throws<ArgumentNullException>(() => new MisbehavingStream(null!, new()));
        Assert.Throws<ArgumentNullException>(() => new MisbehavingStream(_inner, null!));
        Assert.Throws<ArgumentNullException>(() => new MisbehavingStreamOptions { ReadSizes = null! });
    }
}
