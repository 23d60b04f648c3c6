using System.Buffers;
using System.Net.Sockets;
using Zocalo.Buffers;
using Zocalo.Engines;
using Zocalo.Testing.Network;

namespace Zocalo.Tests.Testing.Network;

/// <summary>TCP's rules by themselves, as Linux shows them to a program: no time, no thread, no distance.</summary>
public class StreamRulesTests
{
    private const int Window = 10;

    private readonly MemorySocket _one;
    private readonly MemorySocket _other;
    private readonly ReceiveBuffer _buffer = new();

    public StreamRulesTests() => (_one, _other) = JoinedSockets.Make(Window);

    [Fact]
    public void A_send_takes_what_the_senders_system_has_room_for_and_nothing_more()
    {
        Assert.Equal(IoResult.Done(Flow.SendCapacity), Sent(_one, Flow.SendCapacity + 1));
        Assert.Equal(IoResult.Done(Window), Sent(_one, Window + 1));       // as much has arrived: there is room again
        Assert.Equal(IoResult.Done(0), Sent(_one, 1));
        Assert.Equal(Window, Take(_other).Length);
        Assert.Equal(IoResult.Done(Window), Sent(_one, Window + 1));
    }

    [Fact]
    public void A_fin_is_found_behind_the_bytes_and_ends_one_direction_only()
    {
        _one.TrySend("ab"u8);
        Assert.True(_one.FinishOutput().IsDone);
        Assert.Equal("ab"u8.ToArray(), Take(_other));
        Assert.Equal(IoResult.Done(0), _other.Receive(_buffer));
        Assert.Equal(IoResult.Done(2), _other.TrySend("cd"u8));
        Assert.Equal("cd"u8.ToArray(), Take(_one));
        Assert.True(_one.Receive(_buffer).IsPending);
        Assert.Equal(IoResult.Failed(SocketError.Shutdown), _one.TrySend("e"u8));
    }

    [Fact]
    public void Bytes_queued_before_a_reset_are_received_before_the_error()
    {
        _one.TrySend("ab"u8);
        _one.Abort();
        Assert.Equal("ab"u8.ToArray(), Take(_other));
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), _other.Receive(_buffer));
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), _other.Receive(_buffer));
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), _other.TrySend("c"u8));
        Assert.Equal(IoResult.Failed(SocketError.NotConnected), _other.FinishOutput());
    }

    [Fact]
    public void A_fin_before_the_reset_stays_the_end_of_the_input_and_sending_fails()
    {
        _one.TrySend("ab"u8);
        _one.FinishOutput();
        _one.Abort();
        Assert.Equal("ab"u8.ToArray(), Take(_other));
        Assert.Equal(IoResult.Done(0), _other.Receive(_buffer));
        Assert.Equal(IoResult.Failed(SocketError.Shutdown), _other.TrySend("c"u8));
    }

    [Fact]
    public void Closing_with_unread_bytes_resets_the_peer()
    {
        _one.TrySend("ab"u8);
        _other.TrySend("xy"u8);
        _one.Close();
        Assert.Equal("ab"u8.ToArray(), Take(_other));
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), _other.Receive(_buffer));
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), _other.TrySend("z"u8));
    }

    [Fact]
    public void Closing_with_nothing_unread_is_a_fin()
    {
        _one.TrySend("ab"u8);
        _one.Close();
        Assert.Equal("ab"u8.ToArray(), Take(_other));
        Assert.Equal(IoResult.Done(0), _other.Receive(_buffer));
        Assert.True(_other.FinishOutput().IsDone);
    }

    [Fact]
    public void What_was_sent_before_a_close_and_has_no_room_yet_arrives_all_the_same()
    {
        Assert.Equal(IoResult.Done(3 * Window), Sent(_one, 3 * Window));
        _one.Close();
        Assert.Equal([Window, Window, Window], [Take(_other).Length, Take(_other).Length, Take(_other).Length]);
        Assert.Equal(IoResult.Done(0), _other.Receive(_buffer));
    }

    [Fact]
    public void The_first_send_to_a_closed_peer_succeeds_and_fetches_the_reset()
    {
        _one.TrySend("ab"u8);
        _one.Close();
        Assert.Equal(IoResult.Done(1), _other.TrySend("c"u8));
        Assert.Equal(IoResult.Failed(SocketError.Shutdown), _other.TrySend("d"u8));
        Assert.Equal(IoResult.Failed(SocketError.NotConnected), _other.FinishOutput());
        Assert.Equal("ab"u8.ToArray(), Take(_other));
        Assert.Equal(IoResult.Done(0), _other.Receive(_buffer));
    }

    [Fact]
    public void After_our_own_abort_every_operation_is_aborted()
    {
        _other.TrySend("ab"u8);
        _one.Abort();
        _one.Abort();
        Assert.Equal(IoResult.Failed(SocketError.OperationAborted), _one.Receive(_buffer));
        Assert.Equal(IoResult.Failed(SocketError.OperationAborted), _one.TrySend("c"u8));
        Assert.Equal(IoResult.Failed(SocketError.OperationAborted), _one.FinishOutput());
    }

    [Fact]
    public void An_abort_after_both_have_finished_changes_nothing_for_the_peer()
    {
        _one.FinishOutput();
        _other.FinishOutput();
        _one.Abort();
        Assert.Equal(IoResult.Done(0), _other.Receive(_buffer));
    }

    private static IoResult Sent(MemorySocket socket, int count) => socket.TrySend(new byte[count]);

    private byte[] Take(MemorySocket end)
    {
        var result = end.Receive(_buffer);
        Assert.True(result.IsDone, result.ToString());
        _buffer.Commit(result.Bytes);
        var bytes = _buffer.Sequence.ToArray();
        _buffer.AdvanceTo(_buffer.Sequence.End, _buffer.Sequence.End);
        return bytes;
    }
}
