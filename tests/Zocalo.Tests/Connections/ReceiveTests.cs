using System.Text;
using Zocalo.Engines;
using Zocalo.Buffers;

namespace Zocalo.Tests.Connections;

/// <summary>A receive that waits writes to the memory that it was called with, once, and tells of its end as a task does.</summary>
public sealed class ReceiveTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly ScriptedSocket _socket = new();
    private readonly Connection _connection;
    private readonly byte[] _first = new byte[4];
    private readonly byte[] _second = new byte[4];
    private ReceiveBuffer? _into;

    public ReceiveTests()
    {
        _connection = _socket.Connect();
        _socket.OnReceive = into =>
        {
            _into = into;
            return IoResult.Pending;
        };
    }

    [Fact]
    public async Task What_does_not_fit_is_there_for_the_next_one()
    {
        var receiving = _connection.ReceiveAsync(_first).AsTask();
        Come("abcdef");
        Assert.Equal(4, await receiving.WaitAsync(Cap));
        Assert.Equal("abcd"u8, _first);
        var rest = _connection.ReceiveAsync(_second);
        Assert.True(rest.IsCompletedSuccessfully);
        Assert.Equal(2, await rest);
        Assert.Equal("ef"u8, _second.AsSpan(0, 2));
        _connection.Abort();
    }

    [Fact]
    public async Task A_token_cancels_its_task_and_the_memory_is_the_callers_again()
    {
        using var giveUp = new CancellationTokenSource();
        var given = _connection.ReceiveAsync(_first, giveUp.Token).AsTask();
        await giveUp.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given.WaitAsync(Cap));
        Assert.Equal(giveUp.Token, error.CancellationToken);
        Assert.True(given.IsCanceled);
        await ReceivesIntoTheSecondAsync();
    }

    [Fact]
    public async Task CancelPendingRead_cancels_the_task_of_the_receive_that_waits()
    {
        var given = _connection.ReceiveAsync(_first).AsTask();
        _connection.Input.CancelPendingRead();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given.WaitAsync(Cap));
        Assert.True(given.IsCanceled);
        await ReceivesIntoTheSecondAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CancelPendingRead_before_ends_the_next_receive_by_its_task(bool ofTheStream)
    {
        _connection.Input.CancelPendingRead();
        var given = ofTheStream ? _connection.AsStream(leaveOpen: true).ReadAsync(_first) : _connection.ReceiveAsync(_first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given.AsTask().WaitAsync(Cap));
        await ReceivesIntoTheSecondAsync();
    }

    [Fact]
    public async Task A_read_and_a_receive_wait_one_after_the_other_and_never_together()
    {
        var receiving = _connection.ReceiveAsync(_first).AsTask();
        Assert.Throws<InvalidOperationException>(() => { _ = _connection.Input.ReadAsync().AsTask(); });
        Assert.Throws<InvalidOperationException>(() => { _ = _connection.ReceiveAsync(_second).AsTask(); });
        Come("abcd");
        Assert.Equal(4, await receiving.WaitAsync(Cap));
        Assert.Equal("abcd"u8, _first);
        var reading = _connection.Input.ReadAsync().AsTask();
        Assert.Throws<InvalidOperationException>(() => { _ = _connection.ReceiveAsync(_second).AsTask(); });
        Come("efgh");
        _connection.Input.AdvanceTo((await reading.WaitAsync(Cap)).Buffer.Start);
        Assert.Equal(4, await _connection.ReceiveAsync(_second).AsTask().WaitAsync(Cap));
        Assert.Equal("efgh"u8, _second);
        _connection.Abort();
    }

    [Fact]
    public async Task A_breakage_fails_the_task_of_the_receive_that_waits()
    {
        var receiving = _connection.ReceiveAsync(_first).AsTask();
        _connection.Abort();
        Assert.Equal(EndReason.Aborted, (await Assert.ThrowsAsync<ConnectionException>(() => receiving.WaitAsync(Cap))).Reason);
        Assert.True(receiving.IsFaulted);
    }

    [Fact]
    public async Task One_that_ends_just_before_it_is_awaited_resumes_its_caller()
    {
#pragma warning disable CA2012 // the awaiter is used as the compiler uses it, with an event in between
        var awaiter = _connection.ReceiveAsync(_first).GetAwaiter();
#pragma warning restore CA2012
        Assert.False(awaiter.IsCompleted);
        Come("abcd");
        var resumed = new TaskCompletionSource();
        awaiter.UnsafeOnCompleted(resumed.SetResult);
        await resumed.Task.WaitAsync(Cap);
        Assert.Equal(4, awaiter.GetResult());
        _connection.Abort();
    }

    [Fact]
    public async Task A_result_is_taken_once()
    {
        var receiving = _connection.ReceiveAsync(_first);
        Come("abcd");
        Assert.Equal(4, await receiving);
#pragma warning disable CA2012 // that is the misuse
        Assert.Throws<InvalidOperationException>(() => receiving.GetAwaiter().GetResult());
#pragma warning restore CA2012
        _connection.Abort();
    }

    private async Task ReceivesIntoTheSecondAsync()
    {
        var receiving = _connection.ReceiveAsync(_second).AsTask();
        Come("late");
        Assert.Equal(4, await receiving.WaitAsync(Cap));
        Assert.Equal("late"u8, _second);
        Assert.Equal(new byte[4], _first);
        _connection.Abort();
    }

    private void Come(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        bytes.CopyTo(_into!.Reserve());
        ((IStreamOwner)_connection.Core).OnReceived(IoResult.Done(bytes.Length));
    }
}
