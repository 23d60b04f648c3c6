using System.Collections.Concurrent;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Misbehaviour;

/// <summary>Operations that complete later.</summary>
public class MisbehavingTimeTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly RecordingStream _inner = new(Numbers.Bytes(100));
    private readonly FakeTime _time = new();

    [Fact]
    public async Task Nothing_is_asynchronous_unless_asked_for()
    {
        await using var stream = new MisbehavingStream(_inner, new() { ShortReads = true, SplitWrites = true });
        for (var i = 0; i < 20; i++)
        {
            Assert.True(stream.ReadAsync(new byte[4]).AsTask().IsCompletedSuccessfully);
            Assert.True(stream.WriteAsync(new byte[4]).AsTask().IsCompletedSuccessfully);
        }
    }

    [Fact]
    public async Task An_operation_takes_up_to_the_longest_delay_on_the_clock_that_is_given()
    {
        await using var stream = new MisbehavingStream(_inner, new() { AsyncRatio = 1, MaxDelay = Second, Time = _time });
        var operations = new Func<Task>[] { () => stream.ReadAsync(new byte[4]).AsTask(), () => stream.WriteAsync(new byte[4]).AsTask() };
        foreach (var operation in operations)
        {
            var task = operation();
            Assert.False(task.IsCompleted);
            Assert.Equal(1, _time.PendingTimers);
            _time.Advance(Second);
            await task.WaitAsync(Numbers.Cap);
        }
    }

    [Fact]
    public async Task A_later_completion_without_a_delay_comes_through_the_callers_context()
    {
        var context = new Queue();
        await using var stream = new MisbehavingStream(_inner, new() { AsyncRatio = 1 });
        var read = context.Run(() => stream.ReadAsync(new byte[4]).AsTask());
        Assert.False(read.IsCompleted);
        Assert.Equal(0, _inner.Taken);
        Assert.Equal(1, context.Run(context.RunPosted));
        Assert.True(read.IsCompleted);
        Assert.Equal(4, await read);
    }

    [Fact]
    public async Task What_is_harmless_completes_later_now_and_then()
    {
        var context = new Queue();
        await using var stream = new MisbehavingStream(_inner, MisbehavingStreamOptions.Harmless);
        var later = 0;
        for (var i = 0; i < 50; i++)
        {
            var read = context.Run(() => stream.ReadAsync(new byte[1]).AsTask());
            later += read.IsCompleted ? 0 : 1;
            context.Run(context.RunPosted);
            Assert.True(read.IsCompletedSuccessfully);
        }
        Assert.InRange(later, 10, 40);
    }

    [Fact]
    public async Task Some_operations_complete_later_and_always_the_same_ones_for_a_seed()
    {
        Assert.Equal(await PatternAsync(1), await PatternAsync(1));
        Assert.NotEqual(await PatternAsync(1), await PatternAsync(2));
        Assert.InRange((await PatternAsync(1)).Count(c => c == 'l'), 20, 80);

        async Task<string> PatternAsync(ulong seed)
        {
            await using var stream = new MisbehavingStream(
                new RecordingStream(Numbers.Bytes(100)), new() { Seed = seed, AsyncRatio = 0.5, MaxDelay = Second, Time = _time });
            var pattern = "";
            for (var i = 0; i < 100; i++)
            {
                var read = stream.ReadAsync(new byte[1]).AsTask();
                pattern += read.IsCompleted ? 'n' : 'l';
                _time.Advance(Second);
                await read.WaitAsync(Numbers.Cap);
            }
            return pattern;
        }
    }

    [Fact]
    public async Task Bytes_that_are_changed_while_they_are_written_arrive_changed()
    {
        await using var stream = new MisbehavingStream(_inner, new() { AsyncRatio = 1, MaxDelay = Second, Time = _time });
        var bytes = new byte[] { 1, 2 };
        var write = stream.WriteAsync(bytes).AsTask();
        bytes[1] = 9;
        _time.Advance(Second);
        await write.WaitAsync(Numbers.Cap);
        Assert.Equal([1, 9], _inner.Written);
    }

    [Fact]
    public async Task A_delay_ends_when_the_token_fires()
    {
        await using var stream = new MisbehavingStream(_inner, new() { AsyncRatio = 1, MaxDelay = Second, Time = _time });
        using var cancel = new CancellationTokenSource();
        var read = stream.ReadAsync(new byte[4], cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(Numbers.Cap));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await stream.WriteAsync(new byte[4], cancel.Token));
        Assert.Equal((0, 0), (_inner.Taken, _inner.Written.Length));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_that_has_fired_before_ends_reads_and_writes(bool holds)
    {
        var fired = new CancellationToken(canceled: true);
        await using var stream = new MisbehavingStream(_inner, new() { HoldWrites = holds });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.ReadAsync(new byte[4], fired).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.WriteAsync(new byte[4], fired).AsTask());
        Assert.Equal((0, 0, 0), (_inner.Taken, _inner.Written.Length, stream.BytesHeld));
    }

    private sealed class Queue : SynchronizationContext
    {
        private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _posted = [];

        public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue((d, state));

        internal int RunPosted()
        {
            var count = 0;
            for (; _posted.TryDequeue(out var work); count++)
            {
                work.Callback(work.State);
            }
            return count;
        }

        internal T Run<T>(Func<T> work)
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                return work();
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }
    }
}
