using System.Buffers;
using System.Net.Sockets;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Testing.InMemory;

/// <summary>
/// One end of a stream: TCP's rules (RFC 9293) as Linux shows them to a program, as state alone. Not thread-safe; both ends of a stream share their owner's lock.
/// </summary>
/// <remarks>
/// Checked against Linux 6: bytes queued before a reset are still received, then the error (recv's ECONNRESET, for good); a FIN before the reset
/// stays the end of the input, and then sending is what fails (EPIPE, which .NET calls <see cref="SocketError.Shutdown"/>); closing with unread bytes is a reset;
/// the first send to a peer that has closed succeeds, and fetches the reset.
/// </remarks>
internal sealed class StreamEnd
{
    private enum State
    {
        Open,
        Reset,      // the peer's RST came
        Aborted,    // ours went
        Closed,
    }

    private readonly Wire _in;
    private readonly Wire _out;
    private StreamEnd _peer = null!;
    private State _state;

    private StreamEnd(Wire input, Wire output)
    {
        _in = input;
        _out = output;
    }

    /// <summary>Bytes that were received by this end's system, and not yet by its program.</summary>
    internal int Unread => _in.Queued;

    /// <summary>Bytes that were sent, ever.</summary>
    internal long Sent { get; private set; }

    /// <summary>Bytes that were sent, and not yet received by the peer's program.</summary>
    internal int Unacknowledged => _out.Queued;

    /// <summary>A receive has an answer: bytes, the end, or an error.</summary>
    internal bool IsReadable => _state != State.Open || _in.Queued > 0 || _in.IsFinished;

    /// <summary>A send has an answer: room, or an error.</summary>
    internal bool IsWritable => _state != State.Open || _out.HasRoom;

    /// <summary>Two ends of a new stream.</summary>
    /// <param name="window">Bytes that each direction holds.</param>
    internal static (StreamEnd, StreamEnd) Join(int window)
    {
        var there = new Wire(window);
        var back = new Wire(window);
        var one = new StreamEnd(back, there);
        var other = new StreamEnd(there, back);
        (one._peer, other._peer) = (other, one);
        return (one, other);
    }

    internal IoResult Receive(ReceiveBuffer into)
    {
        if (_state is State.Aborted or State.Closed)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
        if (_in.Queued > 0)
        {
            return IoResult.Done(_in.Read(into.Reserve().Span));
        }
        if (_in.IsFinished)
        {
            return IoResult.Done(0);
        }
        return _state == State.Reset ? IoResult.Failed(SocketError.ConnectionReset) : IoResult.Pending;
    }

    /// <summary>Sends what the window takes, from 0 bytes on; never pending.</summary>
    internal IoResult Send(ReadOnlySpan<byte> bytes)
    {
        if (_state is State.Aborted or State.Closed)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
        if (_state == State.Reset)
        {
            return IoResult.Failed(_in.IsFinished ? SocketError.Shutdown : SocketError.ConnectionReset);
        }
        if (_out.IsFinished)
        {
            return IoResult.Failed(SocketError.Shutdown);
        }
        if (_peer._state == State.Closed && !bytes.IsEmpty)
        {
            BeReset();
            Sent += bytes.Length;
            return IoResult.Done(bytes.Length);
        }
        var sent = _out.Write(bytes);
        Sent += sent;
        return IoResult.Done(sent);
    }

    /// <summary>Sends what the window takes of a sequence, and leaves the rest in <paramref name="unsent"/>: pending, as long as there is one.</summary>
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
                _out.Finish();
                return SocketError.Success;
            case State.Reset:
                return SocketError.NotConnected;
            default:
                return SocketError.OperationAborted;
        }
    }

    internal void Abort()
    {
        if (_state is State.Open or State.Reset)
        {
            _state = State.Aborted;
            _in.Discard();
            _peer.BeReset();
        }
    }

    internal void Close()
    {
        if (_state == State.Open)
        {
            if (_in.Queued > 0)
            {
                _in.Discard();
                _peer.BeReset();
            }
            else
            {
                _out.Finish();
            }
        }
        _in.Discard();
        _state = State.Closed;
    }

    /// <summary>An RST comes. What the peer sent before it stays readable; what we sent the peer has discarded.</summary>
    private void BeReset()
    {
        if (_state == State.Open)
        {
            _state = State.Reset;
        }
    }
}
