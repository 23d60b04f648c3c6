using Zocalo.Endings;
using Zocalo.Engines;
using Zocalo.Telemetry;

namespace Zocalo.Connections;

/// <summary>What moves a connection to its end: the program's commands, then the events of the engine and the halves.</summary>
internal sealed partial class ConnectionCore
{
    /// <summary>The program closes: everything written goes out, then FIN; what comes is discarded until the peer's FIN.</summary>
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
    internal void Drain()
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
        Read.BeginDrain();
    }

    /// <summary>The halves belong to a reader and writer of messages from now on.</summary>
    /// <exception cref="InvalidOperationException">They belong to one already.</exception>
    /// <exception cref="ObjectDisposedException">It was closed on this side.</exception>
    /// <exception cref="ConnectionException">It is broken.</exception>
    internal void BeginFraming(IMessageOwner owner)
    {
        ThrowIfFramedAlready();     // first: what the halves would say of a reader or a flush is true for a program that owns the bytes
        Write.CheckIdle();
        Read.Reexamine();
        lock (this)
        {
            // Who closes or breaks it decides so under this lock, and looks for an owner afterwards: one of the two sees the other.
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

    /// <summary>Breaks the connection, unless it broke or ended before: the first cause is the one that counts.</summary>
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
        EndIfQuiescent();
        return true;
    }

    /// <summary>
    /// The same, when a send or the FIN has failed: what came before the breakage is received before it. A receive that is in the engine
    /// is waited for if it is sure to have its answer soon.
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

    /// <summary>Remembers why the connection will have ended, and leaves it whole: what was written still goes out.</summary>
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

    /// <summary>A half was completed by the program. Both are: that is a close, and is not waited for without end.</summary>
    internal void OnHalfCompleted()
    {
        Interlocked.MemoryBarrier();        // what completed the caller's half is written before the other one is read
        if (Read.IsCompleted && Write.IsCompleted)
        {
            BeginCloseWatch();
        }
    }

    /// <summary>A FIN went through, in one direction.</summary>
    internal void OnFinished(bool byPeer)
    {
        lock (this)
        {
            if (_first == Finisher.Nobody)
            {
                _first = byPeer ? Finisher.Peer : Finisher.Us;
            }
        }
    }

    /// <summary>A receive has its answer.</summary>
    internal void OnReceiveEnded()
    {
        if (Volatile.Read(ref _ending)?.OfSending is { } cause && !IsBroken)
        {
            FailOfSending(cause);
        }
    }

    /// <summary>Ends the connection if both halves are quiescent. Called when one of them has become so.</summary>
    internal void EndIfQuiescent()
    {
        // What made the caller's half quiescent is written before the other one is read: of two that become so at once, at least one sees
        // both.
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

    /// <summary>How it ended; asked for when both halves are quiescent.</summary>
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

    void IStreamOwner.OnReceived(IoResult result) => Read.OnReceived(result);

    void IStreamOwner.OnSent(IoResult result) => Write.OnSent(result);

    void IStreamOwner.OnOutputFinished(IoResult result) => Write.OnOutputFinished(result);

    /// <summary>The collector found it dropped and not closed. A read that is awaited holds its connection, so waiting is never taken
    /// for that.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        Log.ConnectionLeaked(Logger, Id, RemoteAddress, Origin ?? "(unknown; set ConnectionOptions.RecordOrigin to see)");
        Fail(new Cause(EndReason.Aborted));
    }

    /// <summary>The one transition; with the lock held.</summary>
    /// <returns>False when it is there already, or beyond.</returns>
    private bool TryEnter(Phase next)
    {
        if (_phase >= next)
        {
            return false;
        }
        _phase = next;
        return true;
    }

    /// <returns>False when another call has.</returns>
    private bool TryBeginClosing()
    {
        var framing = Volatile.Read(ref _framing);
        while (true)
        {
            framing?.OnClosing();      // first: a message that is half written must still be writable
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
                framing = _framing;     // it was framed at this moment, which happens once
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
