using Zocalo.Buffers;
using Zocalo.Endings;
using Zocalo.Engines;
using Zocalo.Telemetry;

namespace Zocalo.Connections;

/// <summary>What moves a connection towards its end: the program's commands, then the events of the engine and the halves.</summary>
internal sealed partial class ConnectionCore
{
    /// <summary>The program closes: everything written is sent, then the FIN; input is discarded until the peer's FIN.</summary>
    internal void Close()
    {
        if (TryBeginClosing())
        {
            Read.Close();
            Write.Complete();
            BeginCloseWatch();
        }
    }

    /// <summary>The server stops.</summary>
    /// <param name="endsInput">The input ends after what the kernel holds. False: that of a byte stream ends with
    /// <see cref="EndInput"/>, and so does that of messages of which none has begun.</param>
    internal void Drain(bool endsInput = true)
    {
        lock (this)
        {
            if (_phase == Phase.Ended || _isDraining)
            {
                return;
            }
            _isDraining = true;
        }
        Fire(Volatile.Read(ref _ending)?.DrainingSource);
        if (endsInput || (Volatile.Read(ref _framing) is not null && Read.BytesReceived > 0))
        {
            EndInput();
        }
    }

    /// <summary>In a drain: the input ends after what the kernel holds. Further calls do nothing.</summary>
    internal void EndInput()
    {
        lock (this)
        {
            if (_phase == Phase.Ended || _inputEnds)
            {
                return;
            }
            _inputEnds = true;
        }
        Read.BeginDrain();
    }

    /// <summary>From now on the halves belong to a reader and a writer of messages.</summary>
    /// <exception cref="InvalidOperationException">They already do.</exception>
    /// <exception cref="ObjectDisposedException">The connection was closed on this side.</exception>
    /// <exception cref="ConnectionException">The connection is broken.</exception>
    internal void BeginFraming(IMessageOwner owner)
    {
        ThrowIfFramedAlready();     // first: the halves' own errors are meant for a program that reads and writes bytes
        Write.CheckIdle();
        Read.Reexamine();
        lock (this)
        {
            // A thread that closes or breaks the connection decides so under this lock and looks for an owner afterwards: so one of the two
            // threads sees the other.
            ThrowIfFramedAlready();
            ThrowIfClosed();
            if (IsBroken)
            {
                throw Cause!.ToException();
            }
            _framing = owner;
        }
        Write.BeginMessages(owner);
    }

    /// <summary>Breaks the connection, unless it broke or ended before: only the first cause counts.</summary>
    /// <returns>Whether this call broke it.</returns>
    internal bool Fail(Cause cause)
    {
        lock (this)
        {
            if (!TryEnter(Phase.Broken))
            {
                return false;
            }
            EndingUnsynchronized().Break(cause, Id);
        }
        Socket.Abort();
        Read.Break();
        Write.Break();
        _framing?.OnBroken();
        Fire(Volatile.Read(ref _brokenSource));
        OnPeerGone();
        EndIfQuiescent();
        return true;
    }

    /// <summary>
    /// The same, when a send or the FIN has failed. What arrived before the failure is received first. If a receive is in the engine and
    /// will certainly be answered soon, its answer is awaited.
    /// </summary>
    internal void FailOfSending(Cause cause)
    {
        if (!cause.LeavesInputReadable || IsBroken)
        {
            Fail(cause);
            return;
        }
        lock (this)
        {
            EndingUnsynchronized().OfSending ??= cause with { ConnectionId = Id };
        }
        if (!Read.ReceiveRest() || !Socket.HasHungUp)
        {
            Fail(cause);
        }
    }

    /// <summary>Remembers the cause of the end and does not break the connection yet: what was written is still sent.</summary>
    internal void Note(Cause cause)
    {
        lock (this)
        {
            if (_phase != Phase.Ended)
            {
                EndingUnsynchronized().Note(cause, Id);
            }
        }
    }

    /// <summary>The program completed a half. If both are completed, that is a close, and gets the time limit of a close.</summary>
    internal void OnHalfCompleted()
    {
        Interlocked.MemoryBarrier();        // the caller's half is written as completed before the other half is read
        if (Read.IsCompleted && Write.IsCompleted)
        {
            BeginCloseWatch();
        }
    }

    /// <summary>One direction has ended with a FIN.</summary>
    internal void OnFinished(bool byPeer)
    {
        lock (this)
        {
            if (_first == Finisher.Nobody)
            {
                _first = byPeer ? Finisher.Peer : Finisher.Us;
            }
        }
        if (byPeer)
        {
            OnPeerGone();
        }
    }

    /// <summary>A receive has been answered.</summary>
    internal void OnReceiveEnded()
    {
        if (Volatile.Read(ref _ending)?.OfSending is { } cause && !IsBroken)
        {
            FailOfSending(cause);
        }
    }

    /// <summary>Ends the connection if both halves are quiescent. Called when one of them becomes quiescent.</summary>
    internal void EndIfQuiescent()
    {
        // The caller's half is written as quiescent before the other half is read: if both become quiescent at once, at least one of the
        // two threads sees it.
        Interlocked.MemoryBarrier();
        if (!Read.IsQuiescent || !Write.IsQuiescent)
        {
            return;
        }
        lock (this)
        {
            if (!TryEnter(Phase.Ended))
            {
                return;
            }
        }
        EndVisits();
        _ending?.CloseWatch?.Dispose();
        Socket.Close();
        var end = MakeEnd();
        Log.ConnectionClosed(Logger, Id, end);
        AbnormalEnds.Report(this, end);
        Ending ending;
        lock (this)
        {
            ending = EndingUnsynchronized();
            ending.End = end;
        }
        ending.Announce(end, this);
    }

    /// <summary>How the connection ended. Called when both halves are quiescent.</summary>
    internal ConnectionEnd MakeEnd() => new()
    {
        Reason = Cause?.Reason
            ?? (_first == Finisher.Peer ? EndReason.PeerFinished : _isDraining ? EndReason.Drained : EndReason.Completed),
        Input = Read.IsFinished ? DirectionEnd.Finished : DirectionEnd.Broken,
        Output = Write.IsFinished ? DirectionEnd.Finished : DirectionEnd.Broken,
        BytesReceived = Read.BytesReceived,
        BytesSent = BytesSent,
        Deadline = Cause?.Deadline,
        SocketError = Cause?.SocketError,
        Exception = Cause?.Exception,
    };

    bool IBufferHolder.EndForBudget(long held) =>
        Fail(new Cause(EndReason.LimitExceeded, Exception: Options.BufferBudget.Exceeded(held)));

    void IStreamOwner.OnReceived(IoResult result) => Read.OnReceived(result);

    void IStreamOwner.OnSent(IoResult result) => Write.OnSent(result);

    void IStreamOwner.OnOutputFinished(IoResult result) => Write.OnOutputFinished(result);

    /// <summary>The garbage collector found that the connection was dropped without being closed. A read that is awaited keeps its
    /// connection alive, so a waiting program is never mistaken for this.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        Log.ConnectionLeaked(Logger, Id, RemoteAddress, Origin ?? "(unknown; set ConnectionOptions.RecordOrigin to see)");
        Fail(new Cause(EndReason.Aborted));
        ForgetBuffers();
    }

    /// <summary>The only transition method. Called with the lock held.</summary>
    /// <returns>False when the phase is reached or passed already.</returns>
    private bool TryEnter(Phase next)
    {
        if (_phase >= next)
        {
            return false;
        }
        _phase = next;
        return true;
    }

    /// <returns>False when another call has done it.</returns>
    private bool TryBeginClosing()
    {
        var framing = Volatile.Read(ref _framing);
        while (true)
        {
            framing?.OnClosing();      // first: it must still be possible to finish a message that is half written
            lock (this)
            {
                if (_isClosed)
                {
                    return false;
                }
                if (framing == _framing)
                {
                    TryEnter(Phase.Closing);
                    return _isClosed = true;
                }
                framing = _framing;     // it became framed just now, which happens only once
            }
        }
    }

    private void ThrowIfFramedAlready()
    {
        if (_framing is not null)
        {
            throw new InvalidOperationException("The connection is framed already: it has one FramedConnection.");
        }
    }

    private void BeginCloseWatch()
    {
        if (HasEnded)
        {
            return;
        }
        var watch = new CloseWatch(this, Options.CloseTimeout, Time);
        lock (this)
        {
            if (_phase != Phase.Ended && EndingUnsynchronized().CloseWatch is null)
            {
                _ending!.CloseWatch = watch;
                return;
            }
        }
        watch.Dispose();
    }
}
