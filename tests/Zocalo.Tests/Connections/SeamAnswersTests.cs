using System.Net.Sockets;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Tests.Connections;

/// <summary>What a stream above a socket may answer, and no socket does: a FIN that is sent later, an input that was cut off.</summary>
public sealed class SeamAnswersTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly ScriptedSocket _socket = new();
    private readonly Connection _connection;

    public SeamAnswersTests() => _connection = _socket.Connect();

    private IStreamOwner Core => _connection.Core;

    [Fact]
    public async Task A_FIN_that_waits_is_out_when_the_socket_says_so()
    {
        _socket.OnFinish = static () => IoResult.Pending;
        await _connection.SendAsync("hello"u8.ToArray());
        var finished = _connection.CompleteOutputAsync().AsTask();
        _connection.Input.Complete();
        Assert.False(finished.IsCompleted);
        Core.OnReceived(IoResult.Done(0));
        Assert.False(_connection.Closed.IsCompleted);
        Core.OnOutputFinished(IoResult.Done(0));
        await finished.WaitAsync(Cap);
        var end = await _connection.Closed.WaitAsync(Cap);
        Assert.Equal((DirectionEnd.Finished, 5L), (end.Output, end.BytesSent));
    }

    [Fact]
    public async Task A_FIN_that_waits_and_fails_breaks_the_connection()
    {
        _socket.OnFinish = static () => IoResult.Pending;
        var finished = _connection.CompleteOutputAsync().AsTask();
        Core.OnOutputFinished(IoResult.Failed(SocketError.ConnectionReset));
        Core.OnReceived(IoResult.Failed(SocketError.OperationAborted));         // the one that looked for what came before
        var error = await Assert.ThrowsAsync<ConnectionException>(() => finished.WaitAsync(Cap));
        Assert.Equal(EndReason.Reset, error.Reason);
        var end = await _connection.Closed.WaitAsync(Cap);
        Assert.Equal((EndReason.Reset, DirectionEnd.Broken), (end.Reason, end.Output));
    }

    [Fact]
    public async Task A_connection_that_is_aborted_while_its_FIN_waits_ends_when_that_has_its_answer()
    {
        var closed = false;
        _socket.OnFinish = static () => IoResult.Pending;
        _socket.OnClose = () => closed = true;
        var finished = _connection.CompleteOutputAsync().AsTask();
        _connection.Abort();        // nobody reads: there is no receive
        Assert.False(closed);
        Core.OnOutputFinished(IoResult.Failed(SocketError.OperationAborted));
        Assert.True(closed);
        Assert.Equal(EndReason.Aborted, (await _connection.Closed.WaitAsync(Cap)).Reason);
        await Assert.ThrowsAsync<ConnectionException>(() => finished.WaitAsync(Cap));
    }

    [Fact]
    public async Task An_input_that_was_cut_off_gives_its_bytes_and_then_fails_and_replies_still_go_out()
    {
        ReceiveBuffer? into = null;
        _socket.OnReceive = buffer =>
        {
            into = buffer;
            return IoResult.Pending;
        };
        var reading = _connection.Input.ReadAsync().AsTask();
        into!.Reserve().Span[0] = 42;
        Core.OnReceived(IoResult.Done(1));
        var read = await reading.WaitAsync(Cap);
        _connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        var next = _connection.Input.ReadAsync().AsTask();
        Core.OnReceived(IoResult.Cut);
        var error = await Assert.ThrowsAsync<ConnectionException>(() => next.WaitAsync(Cap));
        Assert.Equal(EndReason.Truncated, error.Reason);
        await _connection.SendAsync("reply"u8.ToArray());
        await _connection.CloseAsync().WaitAsync(Cap);
        var end = await _connection.Closed.WaitAsync(Cap);
        Assert.Equal(
            (EndReason.Truncated, DirectionEnd.Broken, DirectionEnd.Finished, 5L), (end.Reason, end.Input, end.Output, end.BytesSent));
    }
}
