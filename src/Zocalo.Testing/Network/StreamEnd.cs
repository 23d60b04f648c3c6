using System.Buffers;
using System.Net.Sockets;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Testing.Network;

/// <summary>
/// One end of a stream: TCP's rules (RFC 9293) as a program sees them on Linux, without threads or time. Under the world's lock.
/// </summary>
/// <remarks>
/// Checked against Linux 6: bytes queued before a reset are still received, and after them every receive fails (ECONNRESET); after a FIN
/// and then a reset the input ends normally, and sending fails (EPIPE, which .NET calls <see cref="SocketError.Shutdown"/>); closing with
/// unread bytes sends a reset; the first send to a peer that has closed succeeds, and the peer answers it with a reset.
/// </remarks>
internal sealed class StreamEnd(World world, SimulatedConnection connection, bool isClient, Flow input, Flow output, TimeSpan keepAlive)
{
    private enum State
    {
        Open,
        Failed,     // the peer's RST came, or the network gave up
        Aborted,    // we have sent an RST
        Closed,
    }

    // Three probes, ten seconds apart, as the library sets them in the kernel.
    private static readonly TimeSpan Probing = TimeSpan.FromSeconds(30);

    private State _state;
    private SocketError _error;
    private SocketError _nextSendFails;
    private Wakeup? _keepAlive;
    private long _aliveAt = world.Now;

    internal int Connection => connection.Number;

    internal bool IsClient => isClient;

    /// <summary>The socket of this end, which is notified when something has changed.</summary>
    internal MemorySocket Owner { get; set; } = null!;

    internal StreamEnd Peer { get; set; } = null!;

    /// <summary>Bytes that this end's system has received and its program has not.</summary>
    internal int Unread => input.Unread;

    /// <summary>All bytes that were sent.</summary>
    internal long Sent { get; private set; }

    /// <summary>Bytes that were sent, and not yet acknowledged.</summary>
    internal int Unacknowledged => output.Unacknowledged;

    /// <summary>A receive has an answer: bytes, the end, or an error.</summary>
    internal bool IsReadable =>
        _state != State.Open ? input.Unread == 0 || input.IsReadable : input.IsReadable || (input.IsFinished && input.Unread == 0);

    /// <summary>A send has an answer: space for bytes, or an error.</summary>
    internal bool IsWritable => _state != State.Open || output.HasRoom;

    /// <summary>Segments that arrive are accepted.</summary>
    internal bool IsOpen => _state == State.Open;

    internal IoResult Receive(ReceiveBuffer into)
    {
        if (_state is State.Aborted or State.Closed)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
        if (input.Unread > 0)
        {
            if (!input.IsReadable)
            {
                return IoResult.Pending;
            }
            var count = input.Read(into.Reserve().Span);
            world.Trace.Add(TraceKind.Received, Connection, isClient, count);
            return IoResult.Done(count);
        }
        if (input.IsFinished)
        {
            return IoResult.Done(0);
        }
        return _state == State.Open ? IoResult.Pending : IoResult.Failed(_error);
    }

    /// <summary>Sends as many bytes as there is space for, perhaps 0; never pending.</summary>
    internal IoResult Send(ReadOnlySpan<byte> bytes)
    {
        if (_state is State.Aborted or State.Closed)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
        if (_state != State.Open)
        {
            return IoResult.Failed(input.IsFinished ? SocketError.Shutdown : _error);
        }
        if (output.IsFinishing)
        {
            return IoResult.Failed(SocketError.Shutdown);
        }
        if (_nextSendFails != SocketError.Success)
        {
            (var error, _nextSendFails) = (_nextSendFails, SocketError.Success);
            world.Trace.Add(TraceKind.Fault, Connection, isClient, 0, $"the send fails: {error}");
            return IoResult.Failed(error);
        }
        var sent = output.Write(bytes);
        if (sent > 0)
        {
            world.Trace.AddBytes(TraceKind.Sent, Connection, isClient, bytes[..sent]);
        }
        Sent += sent;
        return IoResult.Done(sent);
    }

    /// <summary>Sends as many bytes of a sequence as there is space for, and leaves the rest in <paramref name="unsent"/>; pending while
    /// there is a rest.</summary>
    internal IoResult Send(ref ReadOnlySequence<byte> unsent)
    {
        var sent = 0L;
        foreach (var part in unsent)
        {
            var result = Send(part.Span);
            if (!result.IsDone)
            {
                unsent = default;
                return result;
            }
            sent += result.Bytes;
            if (result.Bytes < part.Length)
            {
                unsent = unsent.Slice(sent);
                return IoResult.Pending;
            }
        }
        unsent = default;
        return IoResult.Done(0);
    }

    internal SocketError Finish()
    {
        switch (_state)
        {
            case State.Open:
                world.Trace.Add(TraceKind.Fin, Connection, isClient, 0);
                output.Finish();
                return SocketError.Success;
            case State.Aborted or State.Closed:
                return SocketError.OperationAborted;
            default:
                return SocketError.NotConnected;
        }
    }

    internal void Abort()
    {
        if (_state == State.Open)
        {
            SendReset();
        }
        if (_state is State.Open or State.Failed)
        {
            _state = State.Aborted;
            input.Discard();
        }
    }

    internal void Close()
    {
        if (_state == State.Open)
        {
            if (input.Unread > 0)
            {
                SendReset();
            }
            else
            {
                output.Finish();
            }
        }
        input.Discard();
        _state = State.Closed;
    }

    /// <summary>Whether the peer's FIN has come, or this end was reset or has given up its peer.</summary>
    internal PeerState PeersState =>
        _state == State.Failed ? PeerState.Gone : input.IsFinished ? PeerState.Finished : PeerState.There;

    /// <summary>An RST has arrived. Bytes that the peer sent before it stay readable; bytes that we have not sent yet are
    /// dropped.</summary>
    internal void OnReset() => Fail(SocketError.ConnectionReset);

    /// <summary>This end fails, and the peer is not notified.</summary>
    internal void Fail(SocketError error)
    {
        if (_state == State.Open)
        {
            _state = State.Failed;
            _error = error;
            output.DropKept();
            if (error != SocketError.ConnectionReset)
            {
                world.Trace.Add(TraceKind.GaveUp, Connection, isClient, 0, error.ToString());
            }
            Changed();
        }
    }

    /// <summary>The machine has crashed or has lost this stream: its program gets an error; the peer gets a reset when it sends or
    /// probes.</summary>
    internal void Forget()
    {
        if (_state == State.Open)
        {
            Fail(SocketError.ConnectionAborted);
            Peer.WatchPeer();
        }
    }

    internal void FailNextSend(SocketError error) => _nextSendFails = error;

    /// <summary>Bytes came for a stream that does not exist: RFC 9293 §3.10.7.1.</summary>
    internal void AnswerWithReset()
    {
        if (connection.HostOf(this) is { IsCrashed: false })
        {
            SendReset();
        }
    }

    /// <summary>The peer may be gone without a FIN or RST: keep-alive checks it (RFC 1122 §4.2.3.6).</summary>
    internal void WatchPeer()
    {
        NoteLiveness();        // earlier probes were answered
        SetProbe();
    }

    private void SetProbe()
    {
        if (keepAlive != Timeout.InfiniteTimeSpan && _state == State.Open)
        {
            _keepAlive ??= new Wakeup(world, OnProbe);
            _keepAlive.At(Math.Max(world.Now, ProbesFailAt));
        }
    }

    /// <summary>Something came from the peer: keep-alive counts from now.</summary>
    internal void NoteLiveness() => _aliveAt = world.Now;

    internal void Changed() => Owner.Wake();

    private long ProbesFailAt => _aliveAt + (keepAlive + Probing).Ticks;

    private void OnProbe()
    {
        if (_state != State.Open)
        {
            return;
        }
        if (world.Now < ProbesFailAt)
        {
            SetProbe();
            return;
        }
        if (input.IsBlocked || output.IsBlocked || connection.HostOf(Peer).IsCrashed)
        {
            Fail(SocketError.TimedOut);
        }
        else if (!Peer.IsOpen)
        {
            OnReset();
        }
        else if (input.LostItsFin)
        {
            WatchPeer();        // the peer answers the probe
        }
    }

    private void SendReset()
    {
        world.Trace.Add(TraceKind.Reset, Connection, isClient, 0);
        output.Reset();
    }
}
