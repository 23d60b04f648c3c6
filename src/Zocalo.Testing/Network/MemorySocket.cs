using System.Buffers;
using Zocalo.Buffers;
using Zocalo.Connections;
using Zocalo.Engines;

namespace Zocalo.Testing.Network;

/// <summary>
/// A stream's end as an engine drives it. Guarantees: an operation that can end at once does so; an operation that waits ends in a callback
/// of this socket. The callback is posted to the world's scheduler when a waiting operation has an answer, and never twice at a time;
/// owners are called from it and from nowhere else, without the lock.
/// </summary>
internal sealed class MemorySocket : StreamSocket, IThreadPoolWorkItem
{
    private readonly World _world;
    private readonly StreamEnd _end;
    private readonly Action _onClosed;
    private ReceiveBuffer? _into;           // of a receive that waits
    private ReadOnlySequence<byte> _unsent; // the rest of a send that waits
    private bool _isPosted;                 // a callback is queued or runs
    private bool _isToFinish;               // the waiting receive ends now, with bytes or without
    private bool _watchesPeer;              // the owner wants to know when the peer leaves
    private PeerState _told;                // what it knows

    internal MemorySocket(World world, StreamEnd end, Address local, Address remote, Action onClosed)
    {
        _world = world;
        _end = end;
        _onClosed = onClosed;
        Scheduler = new YieldingScheduler(world, world.YieldsFor(end.Connection, end.IsClient ? YieldsOf.Client : YieldsOf.Server));
        LocalAddress = local;
        RemoteAddress = remote;
        end.Owner = this;
    }

    internal override Address LocalAddress { get; }

    internal override Address RemoteAddress { get; }

    internal override EngineScheduler Scheduler { get; }

    internal override long Sent
    {
        get
        {
            lock (_world.Lock)
            {
                return _end.Sent;
            }
        }
    }

    internal override int Unacknowledged
    {
        get
        {
            lock (_world.Lock)
            {
                return _end.Unacknowledged;
            }
        }
    }

    private bool IsDue =>
        (_into is not null && (_end.IsReadable || IsFinishDue)) || (!_unsent.IsEmpty && _end.IsWritable) || HasPeerLeft;

    private bool HasPeerLeft => _watchesPeer && _end.PeersState > _told;

    private bool IsFinishDue => _isToFinish && _end.Unread == 0;

    internal override IoResult Receive(ReceiveBuffer into)
    {
        lock (_world.Lock)
        {
            return ResumeReceive(into);
        }
    }

    internal override void FinishReceive()
    {
        lock (_world.Lock)
        {
            _isToFinish = _into is not null;
            Wake();
        }
    }

    internal override IoResult Send(in ReadOnlySequence<byte> bytes)
    {
        lock (_world.Lock)
        {
            _unsent = bytes;
            return _end.Send(ref _unsent);
        }
    }

    internal override IoResult TrySend(ReadOnlySpan<byte> bytes)
    {
        lock (_world.Lock)
        {
            return _end.Send(bytes);
        }
    }

    internal override PeerState Peer
    {
        get
        {
            lock (_world.Lock)
            {
                return _end.PeersState;
            }
        }
    }

    internal override int Unreceived
    {
        get
        {
            lock (_world.Lock)
            {
                return _end.Unread;
            }
        }
    }

    internal override bool FindsStalls => true;

    internal override bool WatchPeer()
    {
        lock (_world.Lock)
        {
            _watchesPeer = true;
            Wake();
        }
        return true;
    }

    internal override IoResult FinishOutput()
    {
        lock (_world.Lock)
        {
            return IoResult.From(_end.Finish());
        }
    }

    internal override void Abort()
    {
        lock (_world.Lock)
        {
            _end.Abort();
            Wake();
        }
    }

    internal override void Close()
    {
        lock (_world.Lock)
        {
            System.Diagnostics.Debug.Assert(_into is null && _unsent.IsEmpty, "a stream socket was closed with an operation in flight");
            _end.Close();
            if (Owner is ConnectionCore core)
            {
                _world.Trace.Add(TraceKind.End, _end.Connection, _end.IsClient, 0, core.MakeEnd());
            }
            _onClosed();
        }
    }

    /// <summary>The callback: operations that wait continue as far as they can, and the owner is notified of those that have
    /// ended.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        var received = IoResult.Pending;
        var sent = IoResult.Pending;
        bool hasLeft;
        lock (_world.Lock)
        {
            hasLeft = HasPeerLeft;
            _told = _end.PeersState;
            if (_into is { } into)
            {
                received = ResumeReceive(into);
                if (received.IsPending && IsFinishDue)
                {
                    received = IoResult.Nothing;
                    (_into, _isToFinish) = (null, false);
                }
            }
            if (!_unsent.IsEmpty)
            {
                sent = _end.Send(ref _unsent);
            }
        }
        if (!received.IsPending)
        {
            Owner.OnReceived(received);
        }
        if (!sent.IsPending)
        {
            Owner.OnSent(sent);
        }
        if (hasLeft)
        {
            Owner.OnPeerLeft();
        }
        lock (_world.Lock)
        {
            _isPosted = false;
            Wake();
        }
    }

    /// <summary>Posts the callback if it is due and not posted already. Under the lock.</summary>
    internal void Wake()
    {
        if (IsDue && !_isPosted)
        {
            _isPosted = true;
            _world.Scheduler.Post(this);
        }
    }

    private IoResult ResumeReceive(ReceiveBuffer into)
    {
        var received = _end.Receive(into);
        _into = received.IsPending ? into : null;
        _isToFinish &= received.IsPending;
        return received;
    }
}
