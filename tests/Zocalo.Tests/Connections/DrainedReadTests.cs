using System.IO.Pipelines;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Tests.Connections;

/// <summary>A drain that is told "bytes are coming" waits for them, and for no longer than they may come.</summary>
public sealed class DrainedReadTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly ScriptedSocket _socket = new() { SaysBytesWait = true };
    private readonly Connection _connection;

    public DrainedReadTests() => _connection = _socket.Connect();

    [Fact]
    public async Task A_drain_that_met_a_false_alarm_ends_the_read_when_the_engine_says_so()
    {
        var reading = _connection.Input.ReadAsync().AsTask();
        _connection.Core.Drain();
        Assert.False(reading.IsCompleted);
        _socket.SaysBytesWait = false;
        ((IStreamOwner)_connection.Core).OnStillWaiting();
        await EndsAsync(reading);
    }

    [Fact]
    public async Task A_false_alarm_while_more_bytes_wait_does_not_end_the_read()
    {
        var reading = _connection.Input.ReadAsync().AsTask();
        _connection.Core.Drain();
        ((IStreamOwner)_connection.Core).OnStillWaiting();
        Assert.False(reading.IsCompleted);
        _socket.SaysBytesWait = false;
        ((IStreamOwner)_connection.Core).OnStillWaiting();
        await EndsAsync(reading);
    }

    [Fact]
    public async Task A_false_alarm_without_a_drain_changes_nothing()
    {
        _socket.SaysBytesWait = false;
        var reading = _connection.Input.ReadAsync().AsTask();
        ((IStreamOwner)_connection.Core).OnStillWaiting();
        Assert.False(reading.IsCompleted);
        _connection.Core.Drain();
        await EndsAsync(reading);
    }

    [Fact]
    public async Task Bytes_that_were_coming_are_read_before_the_end()
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
        _socket.SaysBytesWait = false;
        ((IStreamOwner)_connection.Core).OnReceived(IoResult.Done(1));
        var read = await reading.WaitAsync(Cap);
        Assert.False(read.IsCompleted);
        Assert.Equal(42, read.Buffer.FirstSpan[0]);
        _connection.Input.AdvanceTo(read.Buffer.End);
        await EndsAsync(_connection.Input.ReadAsync().AsTask());
    }

    private async Task EndsAsync(Task<ReadResult> reading)
    {
        var read = await reading.WaitAsync(Cap);
        Assert.True(read.IsCompleted);
        Assert.True(read.Buffer.IsEmpty);
        _connection.Abort();
    }
}
