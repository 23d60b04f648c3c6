using System.Net;
using System.Net.Sockets;
using Zocalo.Addresses;
using Zocalo.Engines.Sockets;

namespace Zocalo.Engines.Readiness;

/// <summary>A listening socket on an engine's first loop. What it accepts goes to whichever loop the engine chooses.</summary>
internal sealed class LoopListener : ListenerSocket, IWatched, ILoopWork
{
    private readonly LoopEngine _engine;
    private readonly Loop _loop;
    private readonly int _socket;
    private readonly SocketTimeouts _timeouts;
    private readonly UnixSocketFile? _file;
    private readonly bool _isShared;
    private readonly Address? _local;       // of what is accepted; null: each has its own, since this one listens on every interface
    private readonly Lock _lock = new();
    private readonly AcceptSource _source = new(continuesLater: true);
    // where the next connection will live: what it needs is there before the client is taken out of the backlog
    private Loop? _prepared;
    private bool _waits;
    private bool _closed;
    private bool _isGone;                   // the loop's owner's: the socket is closed, once

    internal LoopListener(LoopEngine engine, int socket, ListeningSocket listening, SocketTimeouts timeouts)
    {
        _engine = engine;
        _loop = engine.FirstLoop;
        _socket = socket;
        _timeouts = timeouts;
        var local = listening.Local;
        _local = local is IPEndPoint { Address: var ip } && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
            ? null
            : EndPoints.ToAddress(local);
        LocalEndPoint = local;
        _file = listening.File;
        _isShared = listening.IsShared;
        _loop.Retain();
    }

    internal override EndPoint LocalEndPoint { get; }

    internal override bool IsConnectionWaiting
    {
        get
        {
            lock (_lock)
            {
                return !_closed && !_isShared && _engine.Calls.IsReadable(_socket);
            }
        }
    }

    internal override ValueTask<AcceptResult> AcceptAsync()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return new(new AcceptResult(null, SocketError.OperationAborted));
            }
            if (_loop.MayAnswerAtOnce() && TryAccept() is { } accepted)
            {
                return new(accepted);
            }
            _waits = true;
        }
        _loop.Add(new WorkItem(this));
        return _source.Next;
    }

    internal override void Close()
    {
        bool waited;
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }
            _closed = true;
            (waited, _waits) = (_waits, false);
            _file?.Remove();
            if (!_isShared)
            {
                _engine.Calls.StopListening(_socket);       // from now on nobody can connect; the rest is the loop's
            }
            _prepared?.Release();
            _prepared = null;
        }
        _loop.Add(new WorkItem(this));
        if (waited)
        {
            _source.SetResult(new(null, SocketError.OperationAborted));
        }
    }

    void IWatched.OnReady(Readiness readiness) => GoOn();

    void ILoopWork.OnTurn()
    {
        bool closed;
        lock (_lock)
        {
            closed = _closed;
        }
        if (!closed)
        {
            GoOn();
            return;
        }
        if (_isGone)
        {
            return;         // an accept had asked for a turn as well
        }
        _isGone = true;
        _loop.Unwatch(_socket, this);
        _loop.CloseSoon(_socket);
        _loop.Release();
    }

    private void GoOn()
    {
        AcceptResult accepted;
        lock (_lock)
        {
            if (!_waits)
            {
                return;
            }
            if ((TryAccept() ?? Watch()) is not { } answer)
            {
                return;
            }
            _waits = false;
            accepted = answer;
        }
        _source.SetResult(accepted);
    }

    /// <returns>Null; or why it cannot be watched.</returns>
    private AcceptResult? Watch() =>
        _loop.Watch(_socket, this, Readiness.Readable) is not SocketError.Success and var error ? new(null, error) : null;

    /// <returns>Null when nobody waits in the backlog.</returns>
    private AcceptResult? TryAccept()
    {
        Loop place;
        try
        {
            place = _prepared ??= _engine.Reserve();
        }
        catch (SocketException error)
        {
            return new(null, error.SocketErrorCode);
        }
        var accepted = _engine.Calls.Accept(_socket, out var peer);
        if (accepted.IsPending)
        {
            return null;
        }
        if (!accepted.IsDone)
        {
            return new(null, accepted.Error);
        }
        if (!place.CanWatch(accepted.Bytes))
        {
            _engine.Calls.ResetAtClose(accepted.Bytes);
            _engine.Calls.Close(accepted.Bytes);
            return new(null, SocketError.TooManyOpenSockets);
        }
        _engine.Calls.Configure(accepted.Bytes, _timeouts);
        _prepared = null;       // the reservation is the connection's now
        var local = _local ?? EndPoints.ToAddress(_engine.Calls.LocalName(accepted.Bytes).ToEndPoint());
        return new(new LoopSocket(place, accepted.Bytes, peer, local, onPool: false), SocketError.Success);
    }
}
