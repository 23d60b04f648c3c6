using System.Buffers;
using System.Net.Sockets;
using Zocalo.Addresses;
using Zocalo.Buffers;
using Zocalo.Engines.Sockets;

namespace Zocalo.Engines.Readiness;

/// <summary>
/// A stream socket on a loop. What can be done at once is done at once, by whoever calls, and costs one system call; what has to wait waits on the loop, without memory, and is done by its owner.
/// </summary>
/// <remarks>
/// Fields belong to the loop's owner, except those that say otherwise. A stranger (another thread, code whose loop was taken over) tries by itself, touches none of them, and asks the loop to go on
/// (<see cref="Ask"/>). A receive and a send of one connection are never made by two threads at once: that is the upper half's rule, and so is that <see cref="Close"/> comes after both.
/// </remarks>
internal sealed class LoopChannel : Channel, IWatched, ILoopWork
{
    // ENOBUFS: the system has no memory for the moment, and no event tells when it has.
    private static readonly TimeSpan PauseWithoutMemory = TimeSpan.FromMilliseconds(10);

    private readonly Loop _loop;
    private readonly int _socket;
    private readonly SocketName _peer;
    private LoopContext? _context;
    private ReceiveBuffer? _handedIn;       // written by who asks, read by the owner after that
    private ReceiveBuffer? _into;           // a receive waits
    private ReadOnlySequence<byte> _unsent; // the rest of the send that is going on; whose it is changes with Ask
    private long _taken;                    // written by who sends
    private int _asked;                     // a set of Asked, from any thread
    private bool _sendWaits;
    private bool _isWatched;
    private bool _isReadable = true;        // as far as we know
    private bool _mayEndEarly;              // see Readiness: receives go on until the system says that nothing is there
    private volatile bool _handingOver;     // bytes have left the kernel, or are about to, and the upper half does not have them yet
    private volatile bool _aborted;
    private volatile bool _closed;
    private volatile bool _isOnPool;

    internal LoopChannel(Loop loop, int socket, in SocketName peer, Address local, bool onPool)
    {
        _loop = loop;
        _socket = socket;
        _peer = peer;
        LocalAddress = local;
        _isOnPool = onPool;
    }

    [Flags]
    private enum Asked
    {
        Receive = 1,
        Send = 2,
        Abort = 4,
        Close = 8,
        GoOn = 16,
    }

    internal override Address LocalAddress { get; }

    internal override Address RemoteAddress => field ??= EndPoints.ToAddress(_peer.ToEndPoint());

    internal override SynchronizationContext? Context => _isOnPool ? null : _context ??= new LoopContext(_loop, this);

    /// <summary>Its user code runs on the thread pool.</summary>
    internal bool IsOnPool => _isOnPool;

    internal override bool HasBytesWaiting
    {
        get
        {
            lock (this)         // against Close: the number may be another socket's afterwards. Nobody else can have this lock, and one of its own would be a part of every idle connection
            {
                return !_closed && (_loop.Calls.BytesWaiting(_socket) > 0 || _handingOver);     // in this order: what is no longer there is being handed over
            }
        }
    }

    internal override long BytesTaken => Volatile.Read(ref _taken);

    internal override int SendQueueLength
    {
        get
        {
            lock (this)
            {
                return _closed ? 0 : _loop.Calls.SendQueueLength(_socket);
            }
        }
    }

    internal override void MoveToPool() => _isOnPool = true;

    /// <summary>Its code held up the loop.</summary>
    internal void OnRescued()
    {
        MoveToPool();
        Owner.OnRescued();
    }

    internal override IoResult Receive(ReceiveBuffer into)
    {
        _handingOver = false;       // who asks for more has had the last ones
        if (_aborted)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
        if (_loop.TryEnter() is { } tenure)
        {
            var result = ReceiveOnLoop(into);
            tenure.Leave();
            return result;
        }
        var received = ReadNow(into, onLoop: false);
        if (received.IsPending)
        {
            _handedIn = into;
            Ask(Asked.Receive);
        }
        return received;
    }

    internal override IoResult Send(in ReadOnlySequence<byte> bytes)
    {
        _unsent = bytes;
        if (_aborted)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
        if (_loop.TryEnter() is { } tenure)
        {
            var result = SendOnLoop();
            tenure.Leave();
            return result;
        }
        var sent = SendNow();
        if (!sent.IsPending && sent.Error != SocketError.NoBufferSpaceAvailable)
        {
            return sent;
        }
        Ask(Asked.Send);
        return IoResult.Pending;
    }

    internal override IoResult TrySend(ReadOnlySpan<byte> bytes)
    {
        if (_aborted)
        {
            return IoResult.Failed(SocketError.OperationAborted);
        }
        var sent = _loop.Calls.Send(_socket, bytes);
        if (sent.IsDone)
        {
            Count(sent.Bytes);
        }
        return sent.IsPending || IsPassing(sent.Error) ? IoResult.Done(0) : sent;
    }

    internal override SocketError FinishOutput() => _aborted ? SocketError.OperationAborted : _loop.Calls.FinishOutput(_socket);

    /// <remarks>What is in flight ends in a turn of the loop; then the upper half closes, and the reset goes out.</remarks>
    internal override void Abort()
    {
        if (!_aborted)
        {
            _aborted = true;
            Ask(Asked.Abort);
        }
    }

    internal override void Close() => Ask(Asked.Close);

    internal override void Ready(IThreadPoolWorkItem work)
    {
        if (_isOnPool)
        {
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        }
        else
        {
            _loop.Add(new WorkItem(work, this));
        }
    }

    void IWatched.OnReady(Readiness readiness)
    {
        if (_aborted)
        {
            EndWaiting();       // not by what is found there: the connection is over, whatever the peer did since
            return;
        }
        _isReadable |= (readiness & Readiness.Readable) != 0;
        _mayEndEarly |= (readiness & Readiness.MayEndEarly) != 0;
        if ((readiness & Readiness.Readable) != 0)
        {
            GoOnReceiving();
        }
        if ((readiness & Readiness.Writable) != 0)
        {
            GoOnSending();
        }
    }

    void ILoopWork.OnTurn()
    {
        var asked = (Asked)Interlocked.Exchange(ref _asked, 0);
        if (_closed)
        {
            return;
        }
        if ((asked & Asked.Receive) != 0)
        {
            _into = _handedIn;
        }
        _sendWaits |= (asked & Asked.Send) != 0;
        if (_aborted)
        {
            EndWaiting();
        }
        else
        {
            GoOnReceiving();
            GoOnSending();
        }
        if ((asked & Asked.Close) != 0)
        {
            CloseNow();
        }
    }

    // Interlocked: what was written before is seen by the owner, who takes all that was asked at once.
    private void Ask(Asked what)
    {
        if (Interlocked.Or(ref _asked, (int)what) == 0)
        {
            _loop.Add(new WorkItem(this));
        }
    }

    private IoResult ReceiveOnLoop(ReceiveBuffer into)
    {
        var received = IoResult.Pending;
        if (_isReadable)
        {
            if (!_loop.TryTakeCall())
            {
                _into = into;
                Ask(Asked.GoOn);
                return IoResult.Pending;
            }
            received = ReadNow(into, onLoop: true);
        }
        if (received.IsPending)
        {
            received = Watch(Readiness.Readable);
            _into = received.IsPending ? into : null;
        }
        return received;
    }

    private IoResult SendOnLoop()
    {
        if (!_loop.TryTakeCall())
        {
            _sendWaits = true;
            Ask(Asked.GoOn);
            return IoResult.Pending;
        }
        var sent = SendOrWait();
        _sendWaits = sent.IsPending;
        return sent;
    }

    private void GoOnReceiving()
    {
        if (_into is not { } into)
        {
            return;
        }
        var received = ReadNow(into, onLoop: true);
        if (received.IsPending)
        {
            received = Watch(Readiness.Readable);
        }
        if (received.IsPending)
        {
            Owner.OnStillWaiting();
        }
        else
        {
            _into = null;
            Owner.OnReceived(received);
        }
    }

    private void GoOnSending()
    {
        if (_sendWaits && SendOrWait() is { IsPending: false } sent)
        {
            _sendWaits = false;
            Owner.OnSent(sent);
        }
    }

    private IoResult SendOrWait()
    {
        var sent = SendNow();
        if (sent.Error == SocketError.NoBufferSpaceAvailable)
        {
            _ = GoOnLaterAsync();
            return IoResult.Pending;
        }
        return sent.IsPending ? Watch(Readiness.Writable) : sent;
    }

    private void EndWaiting()
    {
        if (_into is not null)
        {
            _into = null;
            Owner.OnReceived(IoResult.Failed(SocketError.OperationAborted));
        }
        if (_sendWaits)
        {
            _sendWaits = false;
            Owner.OnSent(IoResult.Failed(SocketError.OperationAborted));
        }
    }

    /// <summary>Receives once; pending when nothing is there.</summary>
    private IoResult ReadNow(ReceiveBuffer into, bool onLoop)
    {
        var memory = into.Reserve();
        _handingOver = true;
        IoResult received;
        do
        {
            received = _loop.Calls.Receive(_socket, memory.Span);
        }
        while (received.Error == SocketError.Interrupted);
        if (received.IsPending)
        {
            into.CancelReserve();
            _handingOver = false;
        }
        if (onLoop)
        {
            // A short receive has emptied the queue, and the next byte makes a new event; unless something else than bytes is behind it, of which we were told already.
            _isReadable = received.IsDone && (received.Bytes == memory.Length || _mayEndEarly || received.Bytes == 0);
        }
        return received;
    }

    private IoResult SendNow()
    {
        while (!_unsent.IsEmpty)
        {
            var sent = _loop.Calls.Send(_socket, _unsent);
            if (sent.IsDone)
            {
                _unsent = _unsent.Slice(sent.Bytes);
                Count(sent.Bytes);
            }
            else if (sent.Error != SocketError.Interrupted)
            {
                return sent;
            }
        }
        return IoResult.Done(0);
    }

    private async Task GoOnLaterAsync()
    {
        await Task.Delay(PauseWithoutMemory, TimeProvider.System).ConfigureAwait(false);
        Ask(Asked.GoOn);
    }

    private static bool IsPassing(SocketError error) => error is SocketError.Interrupted or SocketError.NoBufferSpaceAvailable;

    private void Count(int sent) => Volatile.Write(ref _taken, _taken + sent);

    /// <returns>Pending; or why it cannot be watched, and so would wait for ever.</returns>
    private IoResult Watch(Readiness interest)
    {
        if (_isWatched)
        {
            _loop.Rewatch(_socket, interest);
            return IoResult.Pending;
        }
        var error = _loop.Watch(_socket, this, interest);
        _isWatched = error == SocketError.Success;
        return _isWatched ? IoResult.Pending : IoResult.Failed(error);
    }

    private void CloseNow()
    {
        lock (this)
        {
            _closed = true;
        }
        if (_isWatched)
        {
            _loop.Unwatch(_socket);
        }
        _loop.CloseSoon(_socket, _aborted);
        _loop.Release();
    }
}
