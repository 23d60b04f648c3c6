using System.Net.Sockets;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Tests.Connections;

/// <summary>What of a connection's buffers counts in its budget, and how one ends for it.</summary>
public sealed class BudgetedConnectionTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly BufferBudget _budget = new(BufferBudget.Least);

    private ConnectionOptions Options => new() { BufferBudget = _budget, ReceiveLimit = 100 * 1024 * 1024 };

    [Fact]
    public async Task The_first_small_segment_of_each_direction_is_free()
    {
        var socket = new ScriptedSocket { OnReceive = Deliver(SegmentPool.SmallSize - 1), OnSend = static _ => IoResult.Pending };
        var connection = socket.Connect(Options);
        var read = await connection.Input.ReadAsync();
        connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        await connection.SendAsync(new byte[100]);
        Assert.Equal(0, _budget.Held);
        connection.Abort();
    }

    [Fact]
    public async Task What_is_received_and_not_consumed_counts_until_it_is_consumed()
    {
        var socket = new ScriptedSocket { OnReceive = Deliver(all: true) };
        var connection = socket.Connect(Options);
        await ExamineAsync(connection, receives: 3);
        Assert.Equal(2 * SegmentPool.LargeSize, _budget.Held);
        var read = await connection.Input.ReadAsync();
        Assert.Equal(3 * SegmentPool.LargeSize, _budget.Held);
        connection.Input.AdvanceTo(read.Buffer.End);
        Assert.Equal(0, _budget.Held);
        connection.Abort();
    }

    [Fact]
    public async Task What_is_written_and_not_taken_counts_until_it_is_taken()
    {
        var socket = new ScriptedSocket { OnSend = static _ => IoResult.Pending };
        var connection = socket.Connect(Options with { SendHighWaterMark = 1024 * 1024 });
        await connection.SendAsync(new byte[100_000]);
        Assert.Equal(2 * SegmentPool.LargeSize, _budget.Held);
        await connection.SendAsync(new byte[100_000]);
        Assert.Equal(4 * SegmentPool.LargeSize, _budget.Held);
        socket.OnSend = static _ => IoResult.Done(0);
        socket.Owner.OnSent(IoResult.Done(0));
        Assert.Equal(0, _budget.Held);
        connection.Abort();
    }

    [Fact]
    public async Task The_connection_that_holds_most_ends_with_the_limit_and_what_it_held()
    {
        var big = new ScriptedSocket { OnReceive = Deliver(all: true) }.Connect(Options);
        var small = new ScriptedSocket { OnReceive = Deliver(all: true) }.Connect(Options);
        await ExamineAsync(big, receives: 15);          // a small one, and 14 large ones
        await ExamineAsync(small, receives: 3);
        var end = big.Closed;
        Assert.False(end.IsCompleted);
        await ExamineAsync(small, receives: 1);         // 17 large ones together: the sixteenth filled the budget
        Assert.Equal(EndReason.LimitExceeded, (await end.WaitAsync(Cap)).Reason);
        var said = (await end).Exception!.Message;
        Assert.Contains("BufferBudget allows (1048576 bytes)", said, StringComparison.Ordinal);
        Assert.Contains($"held most ({14 * SegmentPool.LargeSize} bytes)", said, StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<ConnectionException>(() => big.Input.ReadAsync().AsTask());
        Assert.Equal((EndReason.LimitExceeded, said), (error.Reason, error.Message));

        Assert.Equal(3 * SegmentPool.LargeSize, _budget.Held);     // what it held is free at once, not when its handler returns
        await ExamineAsync(small, receives: 1);         // and it is served as before
        Assert.Equal((1, 4 * SegmentPool.LargeSize), (_budget.EndedCount, _budget.Held));
        await big.CloseAsync().WaitAsync(Cap);
        Assert.Equal(4 * SegmentPool.LargeSize, _budget.Held);
        small.Abort();
        await small.CloseAsync().WaitAsync(Cap);
        Assert.Equal(0, _budget.Held);
    }

    [Fact]
    public async Task A_connection_that_is_alone_with_too_much_ends_itself()
    {
        var connection = new ScriptedSocket { OnReceive = Deliver(all: true) }.Connect(Options);
        var error = await Assert.ThrowsAsync<ConnectionException>(() => ExamineAsync(connection, receives: 100));
        Assert.Equal(EndReason.LimitExceeded, error.Reason);
        await connection.CloseAsync().WaitAsync(Cap);
        Assert.Equal(0, _budget.Held);
    }

    [Fact]
    public async Task One_that_only_sends_ends_too()
    {
        var socket = new ScriptedSocket { OnSend = static _ => IoResult.Pending };
        var connection = socket.Connect(Options with { SendHighWaterMark = int.MaxValue });
        var error = await Assert.ThrowsAsync<ConnectionException>(async () =>
        {
            while (true)
            {
                await connection.SendAsync(new byte[100_000]);
            }
        });
        Assert.Equal(EndReason.LimitExceeded, error.Reason);
        socket.Owner.OnSent(IoResult.Failed(SocketError.OperationAborted));
        await connection.CloseAsync().WaitAsync(Cap);
        Assert.Equal(0, _budget.Held);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_abort_gives_back_what_was_not_read_though_the_connection_is_never_closed(bool whileHeld)
    {
        var socket = new ScriptedSocket { OnReceive = Deliver(all: true) };
        var connection = socket.Connect(Options);
        await ExamineAsync(connection, receives: 3);
        var read = whileHeld ? await connection.Input.ReadAsync() : default;
        Assert.InRange(_budget.Held, 2 * SegmentPool.LargeSize, 3 * SegmentPool.LargeSize);
        connection.Abort();
        Assert.Equal(0, _budget.Held);
        if (whileHeld)
        {
            connection.Input.AdvanceTo(read.Buffer.Start);
        }
        await connection.CloseAsync().WaitAsync(Cap);
        Assert.Equal(0, _budget.Held);
    }

    [Fact]
    public async Task What_a_dropped_connection_held_is_forgotten_when_it_had_ended_by_itself()
    {
        Drop();
        for (var i = 0; i < 100 && _budget.Held > 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Yield();
        }
        Assert.Equal(0, _budget.Held);

        // In a method of its own: no local variable of this one may keep it.
        void Drop()
        {
            var connection = new ScriptedSocket { OnReceive = ResetAfterThree() }.Connect(Options);
            Assert.True(ExamineAsync(connection, receives: 3).IsCompletedSuccessfully);
            Assert.Equal(EndReason.Reset, Assert.Throws<ConnectionException>(() => connection.Input.TryRead(out _)).Reason);
            Assert.Equal(2 * SegmentPool.LargeSize, _budget.Held);
        }
    }

    [Fact]
    public async Task Without_a_limit_nothing_is_counted()
    {
        var options = Options with { BufferBudget = BufferBudget.Unlimited };
        var connection = new ScriptedSocket { OnReceive = Deliver(all: true) }.Connect(options);
        await ExamineAsync(connection, receives: 40);
        Assert.Equal(0, BufferBudget.Unlimited.Held);
        Assert.False(connection.Closed.IsCompleted);
        connection.Abort();
    }

    /// <summary>Each receive fills what it is given, or brings so many bytes.</summary>
    private static Func<ReceiveBuffer, IoResult> Deliver(int count = 0, bool all = false) => into =>
    {
        var memory = into.Reserve();
        return IoResult.Done(all ? memory.Length : count);
    };

    /// <summary>Its closure has nothing else in it: the budget keeps the socket alive.</summary>
    private static Func<ReceiveBuffer, IoResult> ResetAfterThree()
    {
        var receives = 0;
        return into => receives++ < 3 ? Deliver(all: true)(into) : IoResult.Failed(SocketError.ConnectionReset);
    }

    private static async Task ExamineAsync(Connection connection, int receives)
    {
        for (var i = 0; i < receives; i++)
        {
            var read = await connection.Input.ReadAsync();
            connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
