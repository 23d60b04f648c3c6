using System.Buffers;
using System.Net.Sockets;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Testing.InMemory;

/// <summary>
/// One end of a stream in memory. Guarantees: an operation that can end at once does; one that waits ends in a turn of this channel. A channel
/// has one turn at a time, in the engine's <see cref="Place"/>, whenever a waiting operation has an answer; owners are called from there and nowhere else, without the lock.
/// </summary>
internal sealed class InMemoryChannel : Channel, IThreadPoolWorkItem
{
    private readonly Lock _lock;            // one for both ends
    private readonly StreamEnd _end;
    private readonly Place _place;
    private readonly Action _released;
    private InMemoryChannel? _peer;         // null once either end has closed: a closed channel is held by nobody
    private ReceiveBuffer? _into;           // a receive waits
    private ReadOnlySequence<byte> _unsent; // a send waits, with this left
    private bool _inTurn;                   // a turn is queued or runs
    private bool _handingOver;              // bytes have left the wire, and the owner does not have them yet

    private InMemoryChannel(StreamEnd end, Address local, Address remote, Place place, Lock sharedLock, Action released)
    {
        _end = end;
        _place = place;
        _lock = sharedLock;
        _released = released;
        LocalAddress = local;
        RemoteAddress = remote;
    }

    internal override Address LocalAddress { get; }

    internal override Address RemoteAddress { get; }

    internal override bool HasBytesWaiting
    {
        get
        {
            lock (_lock)
            {
                return _end.Unread > 0 || _handingOver;
            }
        }
    }

    internal override long BytesTaken
    {
        get
        {
            lock (_lock)
            {
                return _end.Sent;
            }
        }
    }

    /// <summary>The peer's unread bytes.</summary>
    internal override int SendQueueLength
    {
        get
        {
            lock (_lock)
            {
                return _end.Unacknowledged;
            }
        }
    }

    private bool IsTurnDue => (_into is not null && _end.IsReadable) || (!_unsent.IsEmpty && _end.IsWritable);

    /// <summary>Both ends of a new stream; <paramref name="released"/> is called once, when both are closed.</summary>
    internal static (InMemoryChannel One, InMemoryChannel Other) Join(Address one, Address other, int window, Place place, Action released)
    {
        var sharedLock = new Lock();
        var (oneEnd, otherEnd) = StreamEnd.Join(window);
        var first = new InMemoryChannel(oneEnd, one, other, place, sharedLock, released);
        var second = new InMemoryChannel(otherEnd, other, one, place, sharedLock, released);
        (first._peer, second._peer) = (second, first);
        return (first, second);
    }

    internal override IoResult Receive(ReceiveBuffer into)
    {
        lock (_lock)
        {
            _handingOver = false;       // who asks for more has had the last ones
            return GoOnReceiving(into);
        }
    }

    internal override IoResult Send(in ReadOnlySequence<byte> bytes)
    {
        lock (_lock)
        {
            _unsent = bytes;
            return GoOnSending();
        }
    }

    internal override IoResult TrySend(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            var sent = _end.Send(bytes);
            _peer?.Wake();
            return sent;
        }
    }

    internal override SocketError FinishOutput()
    {
        lock (_lock)
        {
            var error = _end.Finish();
            _peer?.Wake();
            return error;
        }
    }

    internal override void Abort()
    {
        lock (_lock)
        {
            _end.Abort();
            Wake();
            _peer?.Wake();
        }
    }

    internal override void Close()
    {
        bool last;
        lock (_lock)
        {
            System.Diagnostics.Debug.Assert(_into is null && _unsent.IsEmpty, "a channel was closed with an operation in flight");
            _end.Close();
            last = _peer is null;
            if (_peer is { } peer)
            {
                peer.Wake();
                peer._peer = _peer = null;
            }
        }
        if (last)
        {
            _released();
        }
    }

    /// <remarks>Not in the turn: a handler may block its thread, in a synchronous read of its own connection for example.</remarks>
    internal override void Ready(IThreadPoolWorkItem work) => _place.Run(work);

    /// <summary>One turn: what waits goes on as far as it can, and the owner hears of what has ended.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        var received = IoResult.Pending;
        var sent = IoResult.Pending;
        lock (_lock)
        {
            if (_into is { } into)
            {
                received = GoOnReceiving(into);
                _handingOver = received.Bytes > 0;
            }
            if (!_unsent.IsEmpty)
            {
                sent = GoOnSending();
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
        lock (_lock)
        {
            _inTurn = _handingOver = false;
            Wake();
        }
    }

    /// <summary>Queues a turn if one is due and none is on its way. Under the lock.</summary>
    private void Wake()
    {
        if (IsTurnDue && !_inTurn)
        {
            _inTurn = true;
            _place.Run(this);
        }
    }

    private IoResult GoOnReceiving(ReceiveBuffer into)
    {
        var received = _end.Receive(into);
        _into = received.IsPending ? into : null;
        _peer?.Wake();      // there may be room again
        return received;
    }

    private IoResult GoOnSending()
    {
        var sent = _end.Send(ref _unsent);
        _peer?.Wake();
        return sent;
    }
}
