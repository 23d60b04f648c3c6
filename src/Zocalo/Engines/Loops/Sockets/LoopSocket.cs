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
internal sealed partial class LoopSocket : StreamSocket, IRegistered, ILoopWork
{
    // ENOBUFS: the system has no memory for the moment, and no event comes when it has.
    private static readonly TimeSpan PauseWithoutMemory = TimeSpan.FromMilliseconds(10);

    private readonly SocketName _peer;
    private readonly LoopScheduler _scheduler;
    private ReceiveBuffer? _into;           // of the pending receive; RequestFromLoop hands it over to the owner
    private PendingSend? _unsent;           // made when a send has to wait: most connections never need it
    private long _taken;                    // written by the thread that sends
    private int _requests;                  // a set of Requests, from any thread
    private bool _receiveWaits;
    private bool _sendWaits;
    private bool _watchesPeer;
    private Readiness _readiness = Readiness.Readable;      // as far as is known; MayEndEarly stays
    private volatile bool _aborted;
    private LoopDescriptor _descriptor;     // its closing is seen under the lock, from any thread

    internal LoopSocket(Loop loop, int socket, in SocketName peer, Address local, bool onPool)
    {
        _descriptor = new LoopDescriptor(loop, socket);
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
        WatchPeer = 64,

        /// <summary>Abort or Close, from another thread than the loop's: it must not wait for user code.</summary>
        Urgent = 128,
    }

    internal Loop Loop => _descriptor.Loop;

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
                return _descriptor.IsClosed ? 0 : Loop.Calls.SendQueueLength(_descriptor.Number);
            }
        }
    }

    internal override PeerState Peer
    {
        get
        {
            lock (this)
            {
                return _descriptor.IsClosed ? PeerState.There : Loop.Calls.Peer(_descriptor.Number);
            }
        }
    }

    internal override int Unreceived
    {
        get
        {
            lock (this)
            {
                return _descriptor.IsClosed ? 0 : Loop.Calls.ReceiveQueueLength(_descriptor.Number);
            }
        }
    }

    internal override bool FindsStalls => LocalAddress is TcpAddress;

    internal override bool WatchPeer()
    {
        if (Loop.TellsOfEnds)
        {
            RequestFromLoop(Requests.WatchPeer);
        }
        return Loop.TellsOfEnds;
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
        var sent = Loop.Calls.Send(_descriptor.Number, bytes);
        if (sent.IsDone)
        {
            Count(sent.Bytes);
        }
        return sent.IsPending || IsPassing(sent.Error) ? IoResult.Done(0) : sent;
    }

    internal override void FinishReceive() => RequestFromLoop(Requests.FinishReceive);

    internal override IoResult FinishOutput() =>
        IoResult.From(_aborted ? SocketError.OperationAborted : Loop.Calls.FinishOutput(_descriptor.Number, LocalAddress is UnixAddress));

    /// <remarks>The loop ends what is in flight; then the upper half closes, and the reset goes out.</remarks>
    internal override void Abort()
    {
        lock (this)
        {
            if (_aborted || _descriptor.IsClosed)
            {
                return;
            }
            _aborted = true;
            // Now: a process that aborts its connections and exits does not wait for the loop.
            Loop.Calls.ResetAtClose(_descriptor.Number);
        }
        RequestFromLoop(Requests.Abort);
    }

    internal override void Close() => RequestFromLoop(Requests.Close);

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
        if ((_readiness & Readiness.Readable) != 0)
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

    private void CloseNow()
    {
        _descriptor.TryClose(this);
        lock (this)
        {
            // Another thread's call with the number is over now, and a later one sees that it is closed.
        }
    }
}
