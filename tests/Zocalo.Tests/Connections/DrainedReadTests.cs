using System.IO.Pipelines;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Tests.Connections;

/// <summary>A drain asks the engine for what the kernel holds, and the input ends when that is nothing.</summary>
public sealed class DrainedReadTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly ScriptedSocket _socket = new();
    private readonly Connection _connection;

    public DrainedReadTests() => _connection = _socket.Connect();

    private IStreamOwner Core => _connection.Core;

    [Fact]
    public async Task A_read_that_waits_ends_when_the_kernel_holds_nothing()
    {
        var reading = _connection.Input.ReadAsync().AsTask();
        _connection.Core.Drain();
        Assert.Equal(1, _socket.ReceivesToFinish);
        Assert.False(reading.IsCompleted);
        Core.OnReceived(IoResult.Nothing);
        await EndsAsync(reading);
    }

    [Fact]
    public async Task A_read_that_begins_in_a_drain_ends_in_the_same_way()
    {
        _connection.Core.Drain();
        Assert.Equal(0, _socket.ReceivesToFinish);      // there was none
        var reading = _connection.Input.ReadAsync().AsTask();
        Assert.Equal(1, _socket.ReceivesToFinish);
        Core.OnReceived(IoResult.Nothing);
        await EndsAsync(reading);
    }

    [Fact]
    public async Task A_poll_in_a_drain_learns_of_the_end_with_the_next_one()
    {
        _connection.Core.Drain();
        Assert.False(_connection.Input.TryRead(out _));
        Assert.Equal(1, _socket.ReceivesToFinish);
        Core.OnReceived(IoResult.Nothing);
        Assert.True(_connection.Input.TryRead(out var read));
        Assert.True(read.IsCompleted);
        _connection.Input.AdvanceTo(read.Buffer.End);
        await EndsAsync(_connection.Input.ReadAsync().AsTask());
    }

    [Fact]
    public async Task Bytes_that_lay_in_the_kernel_are_read_before_the_end()
    {
        ReceiveBuffer? into = null;
        _socket.OnReceive = buffer =>
        {
            into = buffer;
            return IoResult.Pending;
        };
        var reading = _connection.Input.ReadAsync().AsTask();
        _connection.Core.Drain();
        into!.Reserve().Span[0] = 42;
        Core.OnReceived(IoResult.Done(1));
        var read = await reading.WaitAsync(Cap);
        Assert.False(read.IsCompleted);
        Assert.Equal(42, read.Buffer.FirstSpan[0]);
        _connection.Input.AdvanceTo(read.Buffer.End);
        var next = _connection.Input.ReadAsync().AsTask();
        Assert.Equal(2, _socket.ReceivesToFinish);
        Core.OnReceived(IoResult.Nothing);
        await EndsAsync(next);
    }

    [Fact]
    public async Task A_drain_that_was_put_off_meanwhile_receives_again()
    {
        var receives = 0;
        _socket.OnReceive = _ =>
        {
            receives++;
            return IoResult.Pending;
        };
        var reading = _connection.Input.ReadAsync().AsTask();
        _connection.Core.Drain();
        _connection.Core.Read.ContinueAfterDrain();
        Core.OnReceived(IoResult.Nothing);
        Assert.Equal((2, false), (receives, reading.IsCompleted));
        _connection.Core.Drain();       // drains once only: the reader waits for the peer
        Core.OnReceived(IoResult.Done(0));
        await EndsAsync(reading);
    }

    [Fact]
    public void Who_reads_for_nobody_goes_on_until_the_peers_end()
    {
        var receives = 0;
        _socket.OnReceive = _ =>
        {
            receives++;
            return IoResult.Pending;
        };
        _connection.Input.Complete();
        _connection.Core.Drain();
        Core.OnReceived(IoResult.Nothing);
        Assert.Equal(2, receives);
        Core.OnReceived(IoResult.Done(0));
        Assert.True(_connection.Core.Read.IsQuiescent);
        _connection.Abort();
    }

    private async Task EndsAsync(Task<ReadResult> reading)
    {
        var read = await reading.WaitAsync(Cap);
        Assert.True(read.IsCompleted);
        Assert.True(read.Buffer.IsEmpty);
        _connection.Abort();
    }
}
