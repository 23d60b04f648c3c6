using System.Buffers;
using System.Net.Sockets;
using Zocalo.Buffers;
using Zocalo.Engines;
using Zocalo.Testing.InMemory;

namespace Zocalo.Tests.Testing;

/// <summary>TCP's rules by themselves: no engine, no thread.</summary>
public class StreamEndTests
{
    private const int Window = 10;

    private readonly StreamEnd _one;
    private readonly StreamEnd _other;
    private readonly ReceiveBuffer _buffer = new();

    public StreamEndTests() => (_one, _other) = StreamEnd.Join(Window);

    [Fact]
    public void A_send_takes_what_fits_the_peers_window_and_nothing_more()
    {
        Assert.Equal(IoResult.Done(Window), _one.Send(new byte[Window + 1]));
        Assert.False(_one.IsWritable);
        Assert.Equal(IoResult.Done(0), _one.Send(new byte[1]));
        Assert.Equal(Window, _one.Unacknowledged);
        Assert.Equal(Window, _other.Unread);
        Take(_other);
        Assert.True(_one.IsWritable);
        Assert.Equal(0, _one.Unacknowledged);
    }

    [Fact]
    public void A_fin_is_found_behind_the_bytes_and_ends_one_direction_only()
    {
        _one.Send("ab"u8);
        Assert.Equal(SocketError.Success, _one.Finish());
        Assert.Equal("ab"u8.ToArray(), Take(_other));
        Assert.Equal(IoResult.Done(0), _other.Receive(_buffer));
        Assert.Equal(IoResult.Done(2), _other.Send("cd"u8));
        Assert.Equal("cd"u8.ToArray(), Take(_one));
        Assert.True(_one.Receive(_buffer).IsPending);
        Assert.Equal(IoResult.Failed(SocketError.Shutdown), _one.Send("e"u8));
    }

    [Fact]
    public void Bytes_queued_before_a_reset_are_received_before_the_error()
    {
        _one.Send("ab"u8);
        _one.Abort();
        Assert.Equal("ab"u8.ToArray(), Take(_other));
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), _other.Receive(_buffer));
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), _other.Receive(_buffer));
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), _other.Send("c"u8));
        Assert.Equal(SocketError.NotConnected, _other.Finish());
    }

    [Fact]
    public void A_fin_before_the_reset_stays_the_end_of_the_input_and_sending_fails()
    {
        _one.Send("ab"u8);
        _one.Finish();
        _one.Abort();
        Assert.Equal("ab"u8.ToArray(), Take(_other));
        Assert.Equal(IoResult.Done(0), _other.Receive(_buffer));
        Assert.Equal(IoResult.Failed(SocketError.Shutdown), _other.Send("c"u8));
    }

    [Fact]
    public void Closing_with_unread_bytes_resets_the_peer()
    {
        _one.Send("ab"u8);
        _other.Send("xy"u8);
        _one.Close();
        Assert.Equal(0, _other.Unacknowledged);
        Assert.Equal("ab"u8.ToArray(), Take(_other));
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), _other.Receive(_buffer));
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), _other.Send("z"u8));
    }

    [Fact]
    public void Closing_with_nothing_unread_is_a_fin()
    {
        _one.Send("ab"u8);
        _one.Close();
        Assert.Equal("ab"u8.ToArray(), Take(_other));
        Assert.Equal(IoResult.Done(0), _other.Receive(_buffer));
        Assert.Equal(SocketError.Success, _other.Finish());
    }

    [Fact]
    public void The_first_send_to_a_closed_peer_succeeds_and_fetches_the_reset()
    {
        _one.Send("ab"u8);
        _one.Close();
        Assert.Equal(IoResult.Done(1), _other.Send("c"u8));
        Assert.Equal(IoResult.Failed(SocketError.Shutdown), _other.Send("d"u8));
        Assert.Equal(SocketError.NotConnected, _other.Finish());
        Assert.Equal("ab"u8.ToArray(), Take(_other));
        Assert.Equal(IoResult.Done(0), _other.Receive(_buffer));
    }

    [Fact]
    public void After_our_own_abort_every_operation_is_aborted()
    {
        _other.Send("ab"u8);
        _one.Abort();
        _one.Abort();
        Assert.Equal(0, _one.Unread);
        Assert.Equal(0, _other.Unacknowledged);
        Assert.Equal(IoResult.Failed(SocketError.OperationAborted), _one.Receive(_buffer));
        Assert.Equal(IoResult.Failed(SocketError.OperationAborted), _one.Send("c"u8));
        Assert.Equal(SocketError.OperationAborted, _one.Finish());
    }

    [Fact]
    public void An_abort_after_both_have_finished_changes_nothing_for_the_peer()
    {
        _one.Finish();
        _other.Finish();
        _one.Abort();
        Assert.Equal(IoResult.Done(0), _other.Receive(_buffer));
    }

    private byte[] Take(StreamEnd end)
    {
        var result = end.Receive(_buffer);
        Assert.True(result.IsDone, result.ToString());
        _buffer.Commit(result.Bytes);
        var bytes = _buffer.Sequence.ToArray();
        _buffer.AdvanceTo(_buffer.Sequence.End, _buffer.Sequence.End);
        return bytes;
    }
}
