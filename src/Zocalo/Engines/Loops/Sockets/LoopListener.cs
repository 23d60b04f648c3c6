using System.Net;
using System.Net.Sockets;
using Zocalo.Addresses;
using Zocalo.Engines.Polling;
using Zocalo.Engines.Sockets;

namespace Zocalo.Engines.Loops.Sockets;

/// <summary>A listening socket on a loop. What it accepts stays there, or goes to the loop that the engine chooses.</summary>
internal sealed class LoopListener : ListenerSocket, IRegistered, ILoopWork
{
    private readonly LoopEngine _engine;
    private readonly UnixSocketFile? _file;
    private readonly bool _isShared;
    private readonly bool _keepsConnections;
    private readonly Address? _local;       // of what is accepted; null: each has its own, since this one listens on every interface
    private readonly Lock _lock = new();
    private readonly AcceptSource _source = new(continuesLater: true);
    // of the next connection: what it needs is there before the client is taken out of the backlog
    private Loop? _prepared;
    private bool _waits;
    private bool _closed;
    private LoopDescriptor _descriptor;     // belongs to the loop's owner

    /// <param name="loop">Where it lives.</param>
    /// <param name="socket">Its descriptor, which it closes.</param>
    /// <param name="listening">What it is.</param>
    /// <param name="keepsConnections">What it accepts stays on its loop.</param>
    internal LoopListener(Loop loop, int socket, ListeningSocket listening, bool keepsConnections = false)
    {
        _engine = loop.Engine;
        _descriptor = new LoopDescriptor(loop, socket);
        _keepsConnections = keepsConnections;
        var local = listening.Local;
        _local = local is IPEndPoint { Address: var ip } && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
            ? null
            : EndPoints.ToAddress(local);
        LocalEndPoint = local;
        _file = listening.File;
        _isShared = listening.IsShared;
        Loop.Retain();
    }

    internal override EndPoint LocalEndPoint { get; }

    internal override EngineScheduler? Scheduler => _keepsConnections ? Loop.Scheduler : null;

    private Loop Loop => _descriptor.Loop;

    internal override bool IsConnectionWaiting
    {
        get
        {
            lock (_lock)
            {
                return !_closed && !_isShared && _engine.Calls.IsReadable(_descriptor.Number);
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
            if (Loop.MayAnswerAtOnce() && TryAccept() is { } accepted)
            {
                return new(accepted);
            }
            _waits = true;
        }
        Loop.Post(new WorkItem(this));
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
                _engine.Calls.StopListening(_descriptor.Number);       // from now on nobody can connect; the rest is the loop's
            }
            _prepared?.Release();
            _prepared = null;
        }
        Loop.Post(new WorkItem(this));
        if (waited)
        {
            _source.SetResult(new(null, SocketError.OperationAborted));
        }
    }

    void IRegistered.OnReady(Readiness readiness) => ResumeAccept();

    void ILoopWork.RunOnLoop()
    {
        bool closed;
        lock (_lock)
        {
            closed = _closed;
        }
        if (closed)
        {
            _descriptor.TryClose(this);     // the second time for nothing, when an accept had posted this as well
        }
        else
        {
            ResumeAccept();
        }
    }

    private void ResumeAccept()
    {
        AcceptResult accepted;
        lock (_lock)
        {
            if (!_waits)
            {
                return;
            }
            if ((TryAccept() ?? Register()) is not { } answer)
            {
                return;
            }
            _waits = false;
            accepted = answer;
        }
        _source.SetResult(accepted);
    }

    /// <returns>Null; or why the socket cannot be registered.</returns>
    private AcceptResult? Register() =>
        _descriptor.Register(this, Readiness.Readable) is not SocketError.Success and var error ? new(null, error) : null;

    /// <returns>The loop of the next connection, which counts it already.</returns>
    private Loop Reserve()
    {
        if (!_keepsConnections)
        {
            return _engine.Reserve();
        }
        Loop.Retain();
        return Loop;
    }

    /// <returns>Null when the backlog is empty.</returns>
    private AcceptResult? TryAccept()
    {
        Loop loop;
        try
        {
            loop = _prepared ??= Reserve();
        }
        catch (SocketException error)
        {
            return new(null, error.SocketErrorCode);
        }
        var accepted = _engine.Calls.Accept(_descriptor.Number, out var peer);
        if (accepted.IsPending)
        {
            return null;
        }
        if (!accepted.IsDone)
        {
            return new(null, accepted.Error);
        }
        if (!loop.CanRegister(accepted.Bytes))
        {
            _engine.Calls.ResetAtClose(accepted.Bytes);
            _engine.Calls.Close(accepted.Bytes);
            return new(null, SocketError.TooManyOpenSockets);
        }
        _prepared = null;       // the reservation is the connection's now
        var local = _local ?? EndPoints.ToAddress(_engine.Calls.LocalName(accepted.Bytes).ToEndPoint());
        return new(new LoopSocket(loop, accepted.Bytes, peer, local, onPool: false), SocketError.Success);
    }
}
