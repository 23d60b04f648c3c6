using Zocalo.Endings;
using Zocalo.Engines;

namespace Zocalo.Connections;

/// <summary>The events of the engine, and what asks it for bytes.</summary>
/// <remarks>Who takes the right to receive (<see cref="TryBegin"/>) uses it.</remarks>
internal sealed partial class ReadHalf
{
    /// <summary>The engine's answer to the receive in flight.</summary>
    internal void OnReceived(IoResult received)
    {
        Settle(received);
        AfterReceive();
    }

    /// <summary>
    /// Receives what the kernel holds, within the limit of what may lie unread: the sending half has met the end of the connection, and
    /// what came before it is still the reader's.
    /// </summary>
    /// <returns>Whether a receive is in the engine: it brings the rest.</returns>
    internal bool ReceiveRest()
    {
        while (true)
        {
            using (_lock.Take())
            {
                if (_buffer.Unconsumed >= core.Options.ReceiveLimit || !TryBegin())
                {
                    // as it is under the lock: then its end, under the same one, knows what came before this look
                    return _isReceiving;
                }
            }
            if (!ReceiveOnce())
            {
                return true;
            }
        }
    }

    /// <returns>Whether the caller has the right to receive now, and must use it.</returns>
    private bool TryBegin()
    {
        if (_isReceiving || _source != Source.Open)
        {
            return false;
        }
        _buffer.BeginReceive();
        return _isReceiving = true;
    }

    /// <summary>Receives once. The caller has the right to.</summary>
    /// <returns>Whether the answer is there already: bytes, the end or a breakage.</returns>
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
            Discard();      // who completed it while this receive was in the engine relies on this
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
    /// Receives for nobody, until the peer's FIN: unread data at close would make the kernel answer with RST and take our last reply
    /// with it (RFC 2525 §2.17).
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
            { Bytes: 0 } => core.ResetOfSending,        // an error is told once: to the send, which met it before this receive
            _ => null,
        };
        if (cause is not null)
        {
            core.Fail(cause);       // first: who is resumed asks why
        }
        else if (received.IsCut)
        {
            core.Note(new Cause(EndReason.Truncated));      // what was written still goes out
        }
        else if (received is { IsDone: true, Bytes: 0 })
        {
            core.OnFinished(byPeer: true);
        }
        var goesOn = false;
        Completion reader = default;
        using (_lock.Take())
        {
            _isReceiving = false;
            _buffer.Commit(received.Bytes);
            if (cause is not null || received.IsCut)
            {
                BreakUnsynchronized();      // another thread may have begun to break the connection, and not be here yet
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
            if (!goesOn)
            {
                reader = _awaitable.Wake(Wakeup.Ready, this);
            }
        }
        reader.Post(core);
        if (goesOn)
        {
            Receive();      // the drain that asked for it was put off meanwhile
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
    }
}
