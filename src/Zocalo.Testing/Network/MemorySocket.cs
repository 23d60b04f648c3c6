using System.Buffers;
using System.Net.Sockets;
using Zocalo.Buffers;
using Zocalo.Connections;
using Zocalo.Engines;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing.Network;

/// <summary>
/// A stream's end as an engine drives it. Guarantees: an operation that can end at once does; one that waits ends in a turn of this one. A stream socket
/// has one turn at a time, in the world's place, whenever a waiting operation has an answer; owners are called from there and nowhere else, without the lock.
/// </summary>
internal sealed class MemorySocket : StreamSocket, IThreadPoolWorkItem
{
    private readonly World _world;
    private readonly StreamEnd _end;
    private readonly Action _onClosed;
    private readonly SeededRandom _yields;
    private ReceiveBuffer? _into;           // a receive waits
    private ReadOnlySequence<byte> _unsent; // a send waits, with this left
    private bool _inTurn;                   // a turn is queued or runs
    private bool _handingOver;              // bytes have left the stream, and the owner does not have them yet

    internal MemorySocket(World world, StreamEnd end, Address local, Address remote, Action onClosed)
    {
        _world = world;
        _end = end;
        _onClosed = onClosed;
        _yields = world.YieldsFor(end.Connection, end.IsClient ? YieldsOf.Client : YieldsOf.Server);
        LocalAddress = local;
        RemoteAddress = remote;
        end.Owner = this;
    }

    internal override Address LocalAddress { get; }

    internal override Address RemoteAddress { get; }

    internal override SynchronizationContext? Context => _world.Place.Context;

    internal override bool HasBytesWaiting
    {
        get
        {
            lock (_world.Gate)
            {
                return _end.Unread > 0 || _handingOver;
            }
        }
    }

    internal override long BytesTaken
    {
        get
        {
            lock (_world.Gate)
            {
                return _end.Sent;
            }
        }
    }

    internal override int SendQueueLength
    {
        get
        {
            lock (_world.Gate)
            {
                return _end.Unacknowledged;
            }
        }
    }

    private bool IsTurnDue => (_into is not null && _end.IsReadable) || (!_unsent.IsEmpty && _end.IsWritable);

    internal override bool MayYield => _world.YieldRatio > 0;

    internal override bool TryYield(out Task others) => _world.TryYield(_yields, out others);

    internal override IoResult Receive(ReceiveBuffer into)
    {
        lock (_world.Gate)
        {
            _handingOver = false;       // who asks for more has had the last ones
            return GoOnReceiving(into);
        }
    }

    internal override IoResult Send(in ReadOnlySequence<byte> bytes)
    {
        lock (_world.Gate)
        {
            _unsent = bytes;
            return _end.Send(ref _unsent);
        }
    }

    internal override IoResult TrySend(ReadOnlySpan<byte> bytes)
    {
        lock (_world.Gate)
        {
            return _end.Send(bytes);
        }
    }

    internal override bool HasHungUp
    {
        get
        {
            lock (_world.Gate)
            {
                return _end.HasFailed;
            }
        }
    }

    internal override SocketError FinishOutput()
    {
        lock (_world.Gate)
        {
            return _end.Finish();
        }
    }

    internal override void Abort()
    {
        lock (_world.Gate)
        {
            _end.Abort();
            Wake();
        }
    }

    internal override void Close()
    {
        lock (_world.Gate)
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

    /// <remarks>Not in the turn: a handler may block its thread, in a synchronous read of its own connection for example.</remarks>
    internal override void Ready(IThreadPoolWorkItem work) => _world.Place.Run(work);

    /// <summary>One turn: what waits goes on as far as it can, and the owner hears of what has ended.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        var received = IoResult.Pending;
        var sent = IoResult.Pending;
        lock (_world.Gate)
        {
            if (_into is { } into)
            {
                received = GoOnReceiving(into);
                _handingOver = received.Bytes > 0;
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
        lock (_world.Gate)
        {
            _inTurn = _handingOver = false;
            Wake();
        }
    }

    /// <summary>Queues a turn if one is due and none is on its way. Under the lock.</summary>
    internal void Wake()
    {
        if (IsTurnDue && !_inTurn)
        {
            _inTurn = true;
            _world.Place.Run(this);
        }
    }

    private IoResult GoOnReceiving(ReceiveBuffer into)
    {
        var received = _end.Receive(into);
        _into = received.IsPending ? into : null;
        return received;
    }
}
