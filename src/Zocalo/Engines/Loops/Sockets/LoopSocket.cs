using System.Buffers;
using System.Net.Sockets;
using Zocalo.Addresses;
using Zocalo.Buffers;
using Zocalo.Engines.Loops.Takeover;
using Zocalo.Engines.Polling;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Loops.Sockets;

/// <summary>A stream socket on a loop. What can be done at once is done at once, by the calling thread, and costs one system call; what has
/// to wait waits on the loop, without memory, and is done by its owner.</summary>
/// <remarks>
/// Fields belong to the loop's owner, except those that say otherwise. A foreign thread (another thread, code whose loop was taken over)
/// makes the system call itself, touches none of the fields, and requests the rest from the loop (<see cref="RequestFromLoop"/>). Two
/// threads never make receives, or sends, of one connection at once: that is the upper half's rule, and so is that <see cref="Close"/>
/// comes after both.
/// </remarks>
internal sealed class LoopSocket : StreamSocket, IRegistered, ILoopWork
{
    // ENOBUFS: the system has no memory for the moment, and no event comes when it has.
    private static readonly TimeSpan PauseWithoutMemory = TimeSpan.FromMilliseconds(10);

    private readonly int _socket;
    private readonly SocketName _peer;
    private readonly LoopScheduler _scheduler;
    private ReceiveBuffer? _into;           // of the pending receive; RequestFromLoop hands it over to the owner
    private PendingSend? _unsent;           // made when a send has to wait: most connections never need it
    private long _taken;                    // written by the thread that sends
    private int _requests;                  // a set of Requests, from any thread
    private bool _receiveWaits;
    private bool _sendWaits;
    private bool _isReadable = true;        // as far as we know
    private bool _mayEndEarly;              // see Readiness: receives go on until the system says that nothing is there
    private volatile bool _aborted;
    private volatile bool _closed;

    internal LoopSocket(Loop loop, int socket, in SocketName peer, Address local, bool onPool)
    {
        Loop = loop;
        _socket = socket;
        _peer = peer;
        LocalAddress = local;
        _scheduler = LoopScheduler.OfConnection(loop, onPool);
        (loop as PrivateLoop)?.SetConnection(this);
    }

    [Flags]
    private enum Requests
    {
        Receive = 1,
        Send = 2,
        Abort = 4,
        Close = 8,
        Resume = 16,
        FinishReceive = 32,

        /// <summary>Abort or Close, from another thread than the loop's: it must not wait for user code.</summary>
        Urgent = 64,
    }

    internal Loop Loop { get; }

    internal override Address LocalAddress { get; }

    internal override Address RemoteAddress => EndPoints.ToAddress(_peer.ToEndPoint());

    internal override EngineScheduler Scheduler => _scheduler;

    /// <summary>Another thread than the loop's has requested its end, which has not begun. Read from any thread.</summary>
    internal bool IsEndUrgent => ((Requests)Volatile.Read(ref _requests) & Requests.Urgent) != 0;

    internal override long Sent => Volatile.Read(ref _taken);

    internal override int Unacknowledged
    {
        get
        {
            // Against Close: the number may be another socket's afterwards. Only this class takes this lock, and a lock object would be a
            // part of every idle connection.
            lock (this)
            {
                return _closed ? 0 : Loop.Calls.SendQueueLength(_socket);
            }
        }
    }

    internal override bool HasHungUp
    {
        get
        {
            lock (this)
            {
                return !_closed && Loop.Calls.HasHungUp(_socket);
            }
        }
    }

    internal override IoResult Receive(ReceiveBuffer into)
    {
        if (_aborted)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
        if (Loop.TryEnter() is { } ownership)
        {
            var result = ReceiveOnLoop(into, ownership);
            ownership.Leave();
            return result;
        }
        var received = ReadNow(into, onLoop: false);
        if (received.IsPending)
        {
            _into = into;
            RequestFromLoop(Requests.Receive);
        }
        return received;
    }

    internal override IoResult Send(in ReadOnlySequence<byte> bytes)
    {
        if (_aborted)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
        var unsent = bytes;
        if (Loop.TryEnter() is { } ownership)
        {
            var result = SendOnLoop(ref unsent, ownership);
            ownership.Leave();
            return result;
        }
        var sent = SendNow(ref unsent);
        if (!sent.IsPending && sent.Error != SocketError.NoBufferSpaceAvailable)
        {
            return sent;
        }
        StorePending(unsent);
        RequestFromLoop(Requests.Send);
        return IoResult.Pending;
    }

    internal override IoResult TrySend(ReadOnlySpan<byte> bytes)
    {
        if (_aborted)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
        if (!Loop.MayAnswerAtOnce())
        {
            // The bytes are buffered, and that ends this callback soon: a peer that takes everything must not keep the loop for itself.
            return IoResult.Done(0);
        }
        var sent = Loop.Calls.Send(_socket, bytes);
        if (sent.IsDone)
        {
            Count(sent.Bytes);
        }
        return sent.IsPending || IsPassing(sent.Error) ? IoResult.Done(0) : sent;
    }

    internal override void FinishReceive() => RequestFromLoop(Requests.FinishReceive);

    internal override IoResult FinishOutput() =>
        IoResult.From(_aborted ? SocketError.OperationAborted : Loop.Calls.FinishOutput(_socket, LocalAddress is UnixAddress));

    /// <remarks>The loop ends what is in flight; then the upper half closes, and the reset goes out.</remarks>
    internal override void Abort()
    {
        lock (this)
        {
            if (_aborted || _closed)
            {
                return;
            }
            _aborted = true;
            Loop.Calls.ResetAtClose(_socket);       // now: a process that aborts its connections and exits does not wait for the loop
        }
        RequestFromLoop(Requests.Abort);
    }

    internal override void Close() => RequestFromLoop(Requests.Close);

    void IRegistered.OnReady(Readiness readiness)
    {
        if (_aborted)
        {
            CancelPending();        // not by what is found there: the connection is over, whatever the peer did since
            return;
        }
        _isReadable |= (readiness & Readiness.Readable) != 0;
        _mayEndEarly |= (readiness & Readiness.MayEndEarly) != 0;
        if ((readiness & Readiness.Readable) != 0)
        {
            ResumeReceive();
        }
        if ((readiness & Readiness.Writable) != 0)
        {
            ResumeSend();
        }
    }

    void ILoopWork.RunOnLoop()
    {
        var requests = (Requests)Interlocked.Exchange(ref _requests, 0);
        if (_closed)
        {
            return;
        }
        _receiveWaits |= (requests & Requests.Receive) != 0;
        _sendWaits |= (requests & Requests.Send) != 0;
        if (_aborted)
        {
            CancelPending();
        }
        else
        {
            ResumeReceive();
            ResumeSend();
        }
        if ((requests & Requests.FinishReceive) != 0)
        {
            FinishReceiving();
        }
        if ((requests & Requests.Close) != 0)
        {
            CloseNow();
        }
    }

    // Interlocked: the owner, which takes all requests at once, sees what was written before.
    private void RequestFromLoop(Requests what)
    {
        var isUrgent = what is (Requests.Abort or Requests.Close) && Loop is PrivateLoop && !Loop.IsOwner;
        if (isUrgent)
        {
            // First: user code that the end wakes, and that may take long, is not queued on this loop before the end itself.
            _scheduler.MoveToPool();
        }
        if (Interlocked.Or(ref _requests, (int)(isUrgent ? what | Requests.Urgent : what)) == 0)
        {
            Loop.Post(new WorkItem(this));
        }
        if (isUrgent)
        {
            // Its only thread may be in a handler that does not come back. If it is in the engine now, it sees the request before it moves
            // to user code (Loop.MoveToUserCode).
            Loop.Threads.TryTakeOver(Loop.Word);
        }
    }

    private IoResult ReceiveOnLoop(ReceiveBuffer into, LoopOwnership ownership)
    {
        var received = IoResult.Pending;
        if (_isReadable)
        {
            if (!Loop.TryTakeCall(ownership))
            {
                _into = into;
                _receiveWaits = true;
                RequestFromLoop(Requests.Resume);
                return IoResult.Pending;
            }
            received = ReadNow(into, onLoop: true);
        }
        if (received.IsPending)
        {
            _into = into;
            received = Register(Readiness.Readable);
            _receiveWaits = received.IsPending;
        }
        return received;
    }

    private IoResult SendOnLoop(ref ReadOnlySequence<byte> bytes, LoopOwnership ownership)
    {
        if (!Loop.TryTakeCall(ownership))
        {
            StorePending(bytes);
            _sendWaits = true;
            RequestFromLoop(Requests.Resume);
            return IoResult.Pending;
        }
        var sent = SendOrWait(ref bytes);
        if (sent.IsPending)
        {
            StorePending(bytes);
            _sendWaits = true;
        }
        return sent;
    }

    private void ResumeReceive()
    {
        if (!_receiveWaits)
        {
            return;
        }
        var received = ReadNow(_into!, onLoop: true);
        if (received.IsPending)
        {
            received = Register(Readiness.Readable);
        }
        if (!received.IsPending)
        {
            EndReceiving(received);
        }
    }

    private void ResumeSend()
    {
        if (_sendWaits && SendOrWait(ref _unsent!.Bytes) is { IsPending: false } sent)
        {
            _sendWaits = false;
            _unsent.Bytes = default;
            Owner.OnSent(sent);
        }
    }

    private IoResult SendOrWait(ref ReadOnlySequence<byte> bytes)
    {
        var sent = SendNow(ref bytes);
        if (sent.Error == SocketError.NoBufferSpaceAvailable)
        {
            _ = ResumeLaterAsync();
            return IoResult.Pending;
        }
        return sent.IsPending ? Register(Readiness.Writable) : sent;
    }

    private void StorePending(in ReadOnlySequence<byte> unsent) => (_unsent ??= new()).Bytes = unsent;

    private void CancelPending()
    {
        EndReceiving(IoResult.Failed(SocketError.OperationAborted));
        if (_sendWaits)
        {
            _sendWaits = false;
            _unsent!.Bytes = default;
            Owner.OnSent(IoResult.Failed(SocketError.OperationAborted));
        }
    }

    private void FinishReceiving()
    {
        if (_receiveWaits && Loop.Calls.IsReadable(_socket))
        {
            RequestFromLoop(Requests.FinishReceive);       // "would block" is no proof
        }
        else
        {
            EndReceiving(IoResult.Nothing);
        }
    }

    private void EndReceiving(IoResult received)
    {
        if (_receiveWaits)
        {
            _receiveWaits = false;
            Owner.OnReceived(received);
        }
    }

    /// <summary>Receives once; pending when nothing is there.</summary>
    private IoResult ReadNow(ReceiveBuffer into, bool onLoop)
    {
        var memory = into.Reserve();
        IoResult received;
        do
        {
            received = Loop.Calls.Receive(_socket, memory.Span);
        }
        while (received.Error == SocketError.Interrupted);
        if (received is { IsDone: true, Bytes: 0 } && Loop.Calls.WasReset(_socket, into.Received))
        {
            received = IoResult.Failed(SocketError.ConnectionReset);    // our own send took the error first
        }
        if (received.IsPending)
        {
            into.CancelReserve();
        }
        if (_aborted)
        {
            // not what was found: the connection was over before the peer did that, and its end must not look like the peer's
            return IoResult.Failed(SocketError.OperationAborted);
        }
        if (onLoop)
        {
            // A short receive has emptied the queue, and the next byte makes a new event; unless something else than bytes is behind it,
            // for which the event has come already.
            _isReadable = received.IsDone && (received.Bytes == memory.Length || _mayEndEarly || received.Bytes == 0);
        }
        return received;
    }

    private IoResult SendNow(ref ReadOnlySequence<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var sent = Loop.Calls.Send(_socket, bytes);
            if (sent.IsDone)
            {
                Count(sent.Bytes);
                if (sent.Bytes == bytes.Length)
                {
                    break;
                }
                bytes = bytes.Slice(sent.Bytes);
            }
            else if (sent.Error != SocketError.Interrupted)
            {
                return sent;
            }
        }
        return IoResult.Done(0);
    }

    private async Task ResumeLaterAsync()
    {
        await Task.Delay(PauseWithoutMemory, TimeProvider.System).ConfigureAwait(false);
        RequestFromLoop(Requests.Resume);
    }

    private static bool IsPassing(SocketError error) => error is SocketError.Interrupted or SocketError.NoBufferSpaceAvailable;

    private void Count(int sent) => Volatile.Write(ref _taken, _taken + sent);

    private IoResult Register(Readiness interest) =>
        Loop.Register(_socket, this, interest) is not SocketError.Success and var error ? IoResult.Failed(error) : IoResult.Pending;

    private void CloseNow()
    {
        lock (this)
        {
            _closed = true;
        }
        Loop.Deregister(_socket, this);
        Loop.CloseAfterBatch(_socket);
        Loop.Release();
    }

    private sealed class PendingSend
    {
        internal ReadOnlySequence<byte> Bytes;
    }
}
