using System.Net.Sockets;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Tests.Connections;

/// <summary>What comes before a connection's end, in which order.</summary>
public sealed class EndingTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly ScriptedSocket _socket = new();
    private readonly Connection _connection;

    public EndingTests() => _connection = _socket.Connect();

    [Fact]
    public async Task The_socket_is_closed_once_and_before_anybody_hears_of_the_end()
    {
        var closes = 0;
        ConnectionEnd? told = null;
        _socket.OnClose = () =>
        {
            closes++;
            told = _connection.Core.End;
        };
        _connection.Abort();
        Assert.Equal(EndReason.Aborted, (await _connection.Closed.WaitAsync(Cap)).Reason);
        Assert.Equal(1, closes);
        Assert.Null(told);
    }

    [Fact]
    public async Task A_send_that_failed_ends_the_connection_when_the_receive_in_the_engine_has_ended_though_nobody_reads_again()
    {
        ReceiveBuffer? into = null;
        _socket.OnReceive = buffer =>
        {
            var isFirst = into is null;
            into = buffer;
            return isFirst ? IoResult.Pending : IoResult.Done(0);
        };
        var reading = _connection.Input.ReadAsync().AsTask();
        await SendMeetsAResetAsync();
        Assert.False(_connection.Core.IsBroken);

        into!.Reserve().Span[0] = 42;
        ((IStreamOwner)_connection.Core).OnReceived(IoResult.Done(1));
        Assert.Equal(42, (await reading.WaitAsync(Cap)).Buffer.FirstSpan[0]);
        Assert.Equal(EndReason.Reset, (await _connection.Closed.WaitAsync(Cap)).Reason);
    }

    /// <summary>A kernel tells of a reset once: to the send. The receive after it gives 0.</summary>
    [Fact]
    public async Task A_receive_of_nothing_after_a_send_that_met_the_reset_is_no_FIN()
    {
        var reading = _connection.Input.ReadAsync().AsTask();
        await SendMeetsAResetAsync();
        ((IStreamOwner)_connection.Core).OnReceived(IoResult.Done(0));
        Assert.Equal(EndReason.Reset, (await Assert.ThrowsAsync<ConnectionException>(() => reading.WaitAsync(Cap))).Reason);
        var end = await _connection.Closed.WaitAsync(Cap);
        Assert.Equal((EndReason.Reset, DirectionEnd.Broken), (end.Reason, end.Input));
    }

    [Fact]
    public async Task Who_asks_after_the_end_hears_of_it_as_who_asked_before()
    {
        var (before, after) = (new Listening(), new Listening());
        _connection.Core.WhenEnded(before);
        _connection.Abort();
        await before.Heard.WaitAsync(Cap);
        _connection.Core.WhenEnded(after);
        await after.Heard.WaitAsync(Cap);
    }

    /// <summary>While a receive is in the engine, which is sure to have its answer soon.</summary>
    private async Task SendMeetsAResetAsync()
    {
        _socket.SaysHungUp = true;
        _socket.OnSend = static _ => IoResult.Failed(SocketError.ConnectionReset);
        var error = await Assert.ThrowsAsync<ConnectionException>(() => _connection.SendAsync(new byte[1]).AsTask().WaitAsync(Cap));
        Assert.Equal(EndReason.Reset, error.Reason);
    }

    private sealed class Listening : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Heard => _heard.Task;

        void IThreadPoolWorkItem.Execute() => _heard.SetResult();
    }
}
