using Zocalo.Endings;
using Zocalo.Engines;

namespace Zocalo.Connections;

/// <summary>The engine's events, and the code that requests bytes from it.</summary>
/// <remarks>Code that takes the right to receive (<see cref="TryBegin"/>) must use it.</remarks>
internal sealed partial class ReadHalf
{
    /// <summary>The engine's answer to the receive in flight.</summary>
    internal void OnReceived(IoResult received)
    {
        Settle(received);
        AfterReceive();
    }

    /// <summary>
    /// Receives what the kernel holds, within the limit for unread bytes. The write half has met the end of the connection, and the reader
    /// still gets what came before it.
    /// </summary>
    /// <returns>Whether a receive is in the engine; it will bring the rest.</returns>
    internal bool ReceiveRest()
    {
        while (true)
        {
            using (_lock.Take())
            {
                if (_buffer.Unconsumed >= core.Options.ReceiveLimit || !TryBegin())
                {
                    // read under the lock: the end of the receive, under the same lock, then knows what came before this read
                    return _isReceiving;
                }
            }
            if (!ReceiveOnce())
            {
                return true;
            }
        }
    }

    /// <returns>Whether the caller has the right to receive now; then it must use it.</returns>
    private bool TryBegin()
    {
        if (_isReceiving || _source != Source.Open)
        {
            return false;
        }
        _buffer.BeginReceive();
        return _isReceiving = true;
    }

    /// <summary>Receives once. The caller has the right to receive.</summary>
    /// <returns>Whether the answer came at once: bytes, the end or a breakage.</returns>
    private bool Receive()
    {
        var isAnswered = ReceiveOnce();
        if (isAnswered)
        {
            AfterReceive();
        }
        return isAnswered;
    }

    private void AfterReceive()
    {
        core.OnReceiveEnded();
        if (_reader == Reader.Completed)
        {
            Discard();      // a reader that completed while this receive was in the engine relies on this
        }
    }

    private bool ReceiveOnce()
    {
        var received = core.Socket.Receive(_buffer);
        if (received.IsPending)
        {
            return false;
        }
        Settle(received);
        return true;
    }

    /// <summary>
    /// Receives and discards until the peer's FIN. Unread data at the close would make the kernel send an RST, which can destroy our last
    /// reply (RFC 2525 §2.17).
    /// </summary>
    private void Discard()
    {
        while (true)
        {
            using (_lock.Take())
            {
                _buffer.DiscardAll();
                if (!TryBegin())
                {
                    return;
                }
            }
            if (!ReceiveOnce())
            {
                return;
            }
            core.OnReceiveEnded();
        }
    }

    private void Settle(IoResult received)
    {
        var cause = received switch
        {
            { IsNothing: true } or { IsCut: true } => null,
            { IsDone: false } => Cause.From(received.Error),
            { Bytes: 0 } => core.ResetOfSending,        // the system reports an error once: here the send got it before this receive
            _ => null,
        };
        if (cause is not null)
        {
            core.Fail(cause);       // first: the caller that is resumed reads the cause
        }
        else if (received.IsCut)
        {
            core.Note(new Cause(EndReason.Truncated));      // what was written is still sent
        }
        else if (received is { IsDone: true, Bytes: 0 })
        {
            core.OnFinished(byPeer: true);
        }
        var goesOn = false;
        bool isOverBudget;
        Completion reader = default;
        using (_lock.Take())
        {
            _isReceiving = false;
            isOverBudget = _buffer.Commit(received.Bytes, core);
            if (cause is not null || received.IsCut)
            {
                BreakUnsynchronized();      // another thread may be breaking the connection and not have reached this half
            }
            else if (received.IsNothing)
            {
                _drain = _drain == Drain.Begun ? Drain.Ended : _drain;      // the kernel held nothing more
                goesOn = _drain == Drain.No && _awaitable.IsPending && TryBegin();
            }
            else if (received.Bytes == 0 && _source == Source.Open)
            {
                _source = Source.Finished;
            }
            if (_reader == Reader.Completed)
            {
                _buffer.DiscardAll();
            }
            DiscardUnreadable();
            if (!goesOn)
            {
                reader = _awaitable.Wake(Wakeup.Ready, this);
            }
        }
        reader.Post(core);
        if (isOverBudget)
        {
            core.Options.BufferBudget.Relieve();
        }
        if (goesOn)
        {
            Receive();      // the drain that requested the end was postponed meanwhile
        }
        if (_source != Source.Open)
        {
            core.EndIfQuiescent();
        }
    }

    // With the lock held.
    private void BreakUnsynchronized()
    {
        if (_source == Source.Open)
        {
            _source = Source.Broken;
        }
        DiscardUnreadable();
    }

    /// <summary>What nobody will read any more gives its memory back, though the program may never close the connection. With the lock
    /// held.</summary>
    private void DiscardUnreadable()
    {
        if (_source == Source.Broken && _reader == Reader.Idle && core.Cause is { LeavesInputReadable: false })
        {
            _buffer.DiscardAll();
        }
    }
}
