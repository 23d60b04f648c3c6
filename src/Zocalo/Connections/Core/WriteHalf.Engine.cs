using Zocalo.Buffers;
using Zocalo.Endings;
using Zocalo.Engines;

namespace Zocalo.Connections;

/// <summary>Hands flushed bytes to the engine, one send at a time, and the FIN behind them.</summary>
/// <remarks>
/// Code that takes the right to send (<see cref="TryBegin"/>, <see cref="Begin"/>) must send until no flushed byte is left, in its own call
/// or in the engine's callback.
/// </remarks>
internal sealed partial class WriteHalf
{
    /// <summary>What a thread with the right to send does next.</summary>
    internal enum SendStep : byte
    {
        Nothing,        // the right was released, or not obtained
        Bytes,
        Fin,
    }

    // The most bytes that one vectored send takes, so that a large write shows progress and releases memory on the way.
    private const int MaxSend = 4 * SegmentPool.LargeSize;

    // A sender of messages also sends for the others. After this number of sends a work item continues, so that one sender does not do it
    // for ever.
    private const int SendsForOthers = 16;

    /// <summary>The engine's answer to the send in flight.</summary>
    internal void OnSent(IoResult sent) => Send(Settle(sent));

    /// <summary>The engine's answer to the FIN in flight.</summary>
    internal void OnOutputFinished(IoResult finished)
    {
        SettleFinish(finished);
        core.EndIfQuiescent();
    }

    /// <summary>The connection broke: unsent bytes are dropped, and a waiting writer is resumed.</summary>
    internal void Break()
    {
        Completion writer;
        using (_lock.Take())
        {
            writer = BreakUnsynchronized();
        }
        writer.Post(core);
        Announce();
    }

    /// <returns>Whether the caller has the right to send now; then it must use it.</returns>
    private bool TryBegin() => !_isSending && _state is State.Open or State.Completing && (_isSending = true);

    /// <summary>The same, for a caller that sends what is flushed.</summary>
    private SendStep Begin() =>
        (_buffer.FlushedUnsent > 0 || _state == State.Completing) && TryBegin() ? Next() : SendStep.Nothing;

    /// <summary>Sends until nothing flushed is left or a send is pending.</summary>
    internal void Send(SendStep step)
    {
        if (_buffer.IsOver)
        {
            RelieveBudget();
        }
        for (var sends = 0; step == SendStep.Bytes; sends++)
        {
            if (sends == SendsForOthers && _messages is not null)
            {
                HandOver(_messages);
                return;
            }
            var sent = SendOnce();
            if (sent.IsPending)
            {
                return;
            }
            step = Settle(sent);
        }
        if (step == SendStep.Fin)
        {
            Finish();
        }
        if (_state > State.Completing)
        {
            core.EndIfQuiescent();
        }
    }

    /// <summary>Sends what is in flight. Of a small piece it sends what the kernel takes at once, which is nearly always all of
    /// it.</summary>
    private IoResult SendOnce()
    {
        if (_inFlight <= SegmentPool.SmallSize && _buffer.TryGetFirst(_inFlight, out var bytes))
        {
            var sent = core.Socket.TrySend(bytes);
            if (!sent.IsDone || sent.Bytes > 0)
            {
                _inFlight = sent.Bytes;
                return sent;
            }
        }
        return core.Socket.Send(_buffer.First(_inFlight));
    }

    private void RelieveBudget()
    {
        using (_lock.Take())
        {
            _buffer.ClearOver();
        }
        core.Options.BufferBudget.Relieve();
    }

    private void HandOver(IMessageOwner messages)
    {
        using (_lock.Take())
        {
            GiveBack();
        }
        core.Post(messages);
        if (_state == State.Broken)
        {
            core.EndIfQuiescent();
        }
    }

    /// <summary>Sends straight from the caller's memory what the kernel takes at once, and keeps a copy of the rest.</summary>
    /// <remarks>The caller has the right to send, and the buffer is empty.</remarks>
    private void SendDirectly(ReadOnlySpan<byte> bytes)
    {
        var sent = core.Socket.TrySend(bytes);
        if (!sent.IsDone)
        {
            Send(Settle(sent));
            return;
        }
        SendStep step;
        using (_lock.Take())
        {
            if (_state != State.Broken)
            {
                _buffer.CountDirect(sent.Bytes);
                _buffer.Write(bytes[sent.Bytes..], core);
                _buffer.Flush();
            }
            step = Next();
        }
        Send(step);
    }

    private void FinishAfterSending()
    {
        SendStep step;
        using (_lock.Take())
        {
            if (_state != State.Open)
            {
                return;
            }
            _buffer.Flush();
            _state = State.Completing;
            step = Begin();     // the thread that is sending sends the FIN too
        }
        Send(step);
    }

    private void Finish()
    {
        core.OnFinished(byPeer: false);     // before the FIN, because its answer may come first
        var finished = core.Socket.FinishOutput();
        if (!finished.IsPending)
        {
            SettleFinish(finished);
        }
    }

    private void SettleFinish(IoResult finished)
    {
        if (!finished.IsDone)
        {
            core.FailOfSending(Cause.From(finished.Error));
        }
        Completion writer = default;
        using (_lock.Take())
        {
            if (!finished.IsDone)
            {
                writer = BreakUnsynchronized();     // another thread may be breaking the connection and not have reached this half
            }
            else if (_state == State.Completing)
            {
                _state = State.Finished;
            }
            GiveBack();
        }
        writer.Post(core);
        Announce();
    }

    /// <summary>A send has ended. Its end and the start of the next one take the lock once.</summary>
    private SendStep Settle(IoResult sent)
    {
        if (!sent.IsDone)
        {
            core.FailOfSending(Cause.From(sent.Error));
        }
        SendStep step;
        Completion writer = default;
        IReadOnlyList<IThreadPoolWorkItem>? accepted = null;
        using (_lock.Take())
        {
            if (sent.IsDone)
            {
                _buffer.Release(_inFlight);
                if (_buffer.FlushedUnsent <= core.Options.SendHighWaterMark / 2)
                {
                    writer = _awaitable.Wake(Wakeup.Ready, this);
                    accepted = _messages?.WriteWaiting();
                    if (accepted is not null)
                    {
                        _buffer.Flush();
                    }
                }
            }
            else
            {
                writer = BreakUnsynchronized();     // as in Finish: nothing is sent after a failed send
            }
            step = Next();
        }
        writer.Post(core);
        for (var i = 0; i < accepted?.Count; i++)
        {
            core.Post(accepted[i]);
        }
        if (!sent.IsDone)
        {
            Announce();
        }
        return step;
    }

    /// <summary>What to send next. If there is nothing, releases the right to send. Called with the lock held.</summary>
    private SendStep Next()
    {
        _inFlight = _state == State.Broken ? 0 : (int)Math.Min(_buffer.FlushedUnsent, MaxSend);
        if (_inFlight > 0)
        {
            return SendStep.Bytes;
        }
        if (_state == State.Completing)
        {
            return SendStep.Fin;
        }
        GiveBack();
        return SendStep.Nothing;
    }

    private void GiveBack()
    {
        _isSending = false;
        if (_state == State.Broken)
        {
            _buffer.DiscardAll();
        }
    }

    private Completion BreakUnsynchronized()
    {
        if (_state != State.Finished)
        {
            _state = State.Broken;
            if (!_isSending)
            {
                _buffer.DiscardAll();
            }
        }
        return _awaitable.Wake(Wakeup.Ready, this);
    }

    /// <summary>Completes the wait for the FIN, once the FIN is sent or never will be.</summary>
    private void Announce()
    {
        if (_state == State.Finished)
        {
            _finished?.TryResolve(true, core);
        }
        else if (_state == State.Broken)
        {
            _finished?.TryFail(core.Cause!.ToException(), core);
        }
    }
}
