using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Zocalo.Engines;
using Zocalo.Telemetry;

namespace Zocalo.Connections;

/// <summary>
/// A connection's life: two sides, the first abnormal cause, and the one end. The engine knows this object, never the public
/// <see cref="Connection"/>, so that a connection which the program dropped can be told from one that is in use.
/// </summary>
/// <remarks>
/// Closing goes stop → shut down → join what is in flight → release → close the handle: a side is settled when its direction has ended
/// and no operation of it is in the engine; when both are settled, the channel is closed and the end is published.
/// <para>There are many connections, and most are idle: this object and each side are their own locks, what all have in common lies in the
/// <see cref="ConnectionSettings"/>, and what most never need is made when it is needed.</para>
/// </remarks>
internal sealed class ConnectionCore : IChannelOwner
{
    private enum Finisher
    {
        Nobody,
        Peer,
        Us,
    }

    private static long s_lastId;

    private readonly ConnectionSettings _settings;
    private Finisher _first;
    private bool _broken;
    private bool _drained;
    private bool _closing;
    private bool _ended;
    private IMessageSide? _framing;
    private Ending? _ending;
    private CancellationTokenSource? _drainingSource;       // each is made when somebody asks for its token
    private CancellationTokenSource? _brokenSource;

    internal ConnectionCore(Channel channel, ConnectionSettings settings)
    {
        Channel = channel;
        _settings = settings;
        Id = Interlocked.Increment(ref s_lastId);
        Input = new InputSide(this);
        Output = new OutputSide(this);
        channel.Attach(this);
    }

    internal long Id { get; }

    internal InputSide Input { get; }

    internal OutputSide Output { get; }

    internal Channel Channel { get; }

    /// <summary>Fires when the server begins to drain.</summary>
    internal CancellationToken Draining => TokenOf(ref _drainingSource, ref _drained);

    /// <summary>Fires when the connection breaks, after both sides have woken who waits.</summary>
    internal CancellationToken Broken => TokenOf(ref _brokenSource, ref _broken);

    internal ILogger Logger => _settings.Logger;

    /// <summary>Where the program made the connection, if it asked to know.</summary>
    internal string? Origin => _settings.Origin;

    internal TimeProvider Time => _settings.Time;

    internal ConnectionOptions Options => _settings.Options;

    internal Address LocalAddress => Channel.LocalAddress;

    internal Address RemoteAddress => Channel.RemoteAddress;

    internal long BytesSent => Channel.BytesTaken;

    internal int SendQueueLength => Channel.SendQueueLength;

    /// <summary>The first abnormal cause; a send that failed is one from then on, though the connection breaks when the rest has been received.</summary>
    internal Cause? Cause => Volatile.Read(ref _ending) is { } ending ? ending.Cause ?? ending.OfSending : null;

    internal bool IsBroken => Volatile.Read(ref _broken);

    internal bool IsDraining => Volatile.Read(ref _drained);

    internal bool IsClosing => Volatile.Read(ref _closing);

    /// <summary>How it ended, once it has.</summary>
    internal ConnectionEnd? End => Volatile.Read(ref _ending)?.End;

    internal bool HasEnded => Volatile.Read(ref _ended);

    internal Task<ConnectionEnd> Closed
    {
        get
        {
            lock (this)
            {
                return EndingUnsynchronized().Closed;
            }
        }
    }

    /// <summary>Runs <paramref name="work"/> in the connection's place when it has ended, or soon if it has.</summary>
    internal void WhenEnded(IThreadPoolWorkItem work)
    {
        lock (this)
        {
            if (EndingUnsynchronized().TryAdd(work))
            {
                return;
            }
        }
        Start(work);
    }

    /// <summary>Runs code of the user's in the connection's place: its handler's first step.</summary>
    internal void Start(IThreadPoolWorkItem work) => Channel.Ready(work);

    /// <summary>Code of this connection goes on somewhere else than on the thread pool.</summary>
    internal bool HasContext => Context is not null;

    /// <summary>Where code of this connection goes on; null: on the thread pool.</summary>
    internal SynchronizationContext? Context => Channel.Context;

    /// <summary>Runs asynchronous library code of this connection, which awaits tasks and goes on where the engine wants it.</summary>
    internal TTask Run<TTask>(Func<TTask> work) => Context.Run(work);

    /// <summary>
    /// That token is <see cref="Broken"/>'s: a side that waits need not watch it, because a breakage wakes it anyway, and before the token fires.
    /// </summary>
    internal bool IsOwn(CancellationToken token) => _brokenSource is { } source && token == source.Token;

    /// <summary>
    /// Whether an exception tells of this connection's own end, or of its drain: then it is no failure of the code that met it. The end of
    /// another connection is one. So is a cancellation by another token than ours, unless the connection broke, which cancels what is
    /// linked to its token as well, and leaves nothing to be taken for a whole answer. A drain does: a source linked to
    /// <see cref="Draining"/> may have fired for a reason of the handler's own, and no token tells its reason.
    /// </summary>
    internal bool IsOwnEnd(Exception error) => error switch
    {
        ConnectionException ended => ended.ConnectionId == Id,
        ObjectDisposedException closed => IsClosing && closed.ObjectName == Name,
        OperationCanceledException cancelled => IsBroken || (IsDraining && IsDrainingToken(cancelled.CancellationToken)),
        _ => false,
    };

    /// <summary>Breaks the connection, unless it broke or ended before: the first cause is the one that counts.</summary>
    /// <returns>Whether this call broke it.</returns>
    internal bool Fail(Cause cause)
    {
        lock (this)
        {
            if (_broken || _ended)
            {
                return false;
            }
            _broken = true;
            EndingUnsynchronized().Note(cause, Id);
        }
        Channel.Abort();
        Input.Break();
        Output.Break();
        _framing?.OnBroken();
        Fire(Volatile.Read(ref _brokenSource));
        TrySettle();
        return true;
    }

    /// <summary>
    /// The same, when a send or the FIN has failed: what came before the breakage is received before it. A receive that is in the engine is
    /// waited for if it is sure to have its answer soon.
    /// </summary>
    internal void FailOfSending(Cause cause)
    {
        if (!cause.LeavesInputReadable || IsBroken)
        {
            Fail(cause);
            return;
        }
        lock (this)     // before the look at the receive, whose end looks for it; a monitor's exit is a full fence
        {
            EndingUnsynchronized().OfSending ??= cause with { ConnectionId = Id };
        }
        if (!Input.ReceiveRest() || !Channel.HasHungUp)
        {
            Fail(cause);
        }
    }

    /// <summary>The reset that a send has met: there was no FIN before it. Null for any other failure of a send, which tells nothing of
    /// what the peer sent.</summary>
    internal Cause? ResetOfSending =>
        Volatile.Read(ref _ending)?.OfSending is { SocketError: SocketError.ConnectionReset } cause ? cause : null;

    /// <summary>A receive has its answer.</summary>
    internal void OnReceiveEnded()
    {
        if (Volatile.Read(ref _ending)?.OfSending is { } cause && !IsBroken)
        {
            FailOfSending(cause);
        }
    }

    /// <summary>
    /// The same, soon: breaking a connection calls the engine, which is not done under a lock. The cause is noted now: the connection may
    /// be closed, and end, before the rest is done.
    /// </summary>
    internal void FailLater(Cause cause)
    {
        Note(cause);
        Channel.Ready(new Failure(this, cause));
    }

    /// <summary>Remembers why the connection will have ended, and leaves it whole: what was written still goes out.</summary>
    internal void Note(Cause cause)
    {
        lock (this)
        {
            if (!_ended)
            {
                EndingUnsynchronized().Note(cause, Id);
            }
        }
    }

    /// <summary>The input and output belong to a reader and writer of messages from now on.</summary>
    /// <exception cref="InvalidOperationException">They belong to one already.</exception>
    /// <exception cref="ObjectDisposedException">It was closed on this side.</exception>
    /// <exception cref="ConnectionException">It is broken.</exception>
    internal void BeginFraming(IMessageSide owner)
    {
        ThrowIfFramedAlready();     // first: what the sides would say of a reader or a flush is true for a program that owns the bytes
        Output.CheckIdle();
        Input.Reexamine();
        lock (this)
        {
            // Who closes or breaks it decides so under this lock, and looks for an owner afterwards: one of the two sees the other.
            ThrowIfFramedAlready();
            ThrowIfClosed();
            if (_broken)
            {
                throw Cause!.ToException();
            }
            _framing = owner;
        }
    }

    /// <exception cref="InvalidOperationException">A FramedConnection owns the bytes.</exception>
    internal void ThrowIfFramed()
    {
        if (_framing is not null)
        {
            throw new InvalidOperationException("A FramedConnection owns this connection's bytes: read and send messages through it.");
        }
    }

    /// <summary>The user closes: everything written goes out, then FIN; what comes is discarded until the peer's FIN.</summary>
    internal void Close()
    {
        if (!TryBeginClosing())
        {
            return;
        }
        Input.Close();
        Output.Complete();
        BeginCloseWatch();
    }

    /// <summary>A side was completed by the user. Both are: that is a close, and is not waited for without end.</summary>
    internal void OnSideCompleted()
    {
        if (Input.IsCompleted && Output.IsCompleted)
        {
            BeginCloseWatch();
        }
    }

    private string Name => $"{nameof(Connection)} {Id}";

    private bool IsDrainingToken(CancellationToken token) => Volatile.Read(ref _drainingSource) is { } source && token == source.Token;

    /// <returns>False when somebody else has.</returns>
    private bool TryBeginClosing()
    {
        var framing = Volatile.Read(ref _framing);
        while (true)
        {
            framing?.OnClosing();      // first: a message that is half written must still be writable
            lock (this)
            {
                if (_closing || framing == _framing)
                {
                    return !_closing && (_closing = true);
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

    private CancellationToken TokenOf(ref CancellationTokenSource? source, ref bool hasFired)
    {
        lock (this)
        {
            if (source is null)
            {
                source = new CancellationTokenSource();
                if (hasFired)
                {
                    source.Cancel();        // calls nobody yet. A cancelled token without a source would be equal to anybody's
                }
            }
            return source.Token;
        }
    }

    private void Fire(CancellationTokenSource? source)
    {
        if (source is not null)
        {
            Start(new CancelWorkItem(source, Logger));
        }
    }

    private Ending EndingUnsynchronized()
    {
        if (_ending is null)
        {
            Volatile.Write(ref _ending, new Ending());
        }
        return _ending;
    }

    private void BeginCloseWatch()
    {
        lock (this)
        {
            if (!_ended)
            {
                EndingUnsynchronized().CloseWatch ??= new CloseWatch(this, Options.CloseTimeout, Time);
            }
        }
    }

    /// <summary>The server stops.</summary>
    internal void Drain()
    {
        lock (this)
        {
            if (_ended || _drained)
            {
                return;
            }
            _drained = true;
        }
        Fire(Volatile.Read(ref _drainingSource));
        Input.Drain();
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

    /// <summary>Ends the connection if both sides are settled. Called when one of them has become so.</summary>
    internal void TrySettle()
    {
        // What made the caller's side settled is written before the other one is read: of two that become so at once one at least sees both.
        Interlocked.MemoryBarrier();
        if (!Input.IsSettled || !Output.IsSettled)
        {
            return;
        }
        lock (this)
        {
            if (_ended)
            {
                return;
            }
            _ended = true;
        }
        _ending?.CloseWatch?.Dispose();
        Channel.Close();
        var end = MakeEnd();
        Log.ConnectionClosed(Logger, Id, end);
        AbnormalEnds.Report(this, end);
        lock (this)
        {
            EndingUnsynchronized().Publish(end, this);
        }
    }

    internal void ThrowIfClosed()
    {
        if (IsClosing)
        {
            throw Disposed();
        }
    }

    internal ObjectDisposedException Disposed() => new(Name, "The connection was closed on this side.");

    void IChannelOwner.OnReceived(IoResult result) => Input.OnReceived(result);

    void IChannelOwner.OnStillWaiting() => Input.OnStillWaiting();

    void IChannelOwner.OnSent(IoResult result) => Output.OnSent(result);

    void IChannelOwner.OnRescued(int threadsLeft) => _settings.Rescued?.Invoke(this, threadsLeft);

    /// <summary>How it ended; asked for when both sides are settled.</summary>
    internal ConnectionEnd MakeEnd() => new()
    {
        Reason = Cause?.Reason
            ?? (_first == Finisher.Peer ? EndReason.PeerFinished : _drained ? EndReason.Drained : EndReason.Completed),
        Input = Input.IsFinished ? DirectionEnd.Finished : DirectionEnd.Broken,
        Output = Output.IsFinished ? DirectionEnd.Finished : DirectionEnd.Broken,
        BytesReceived = Input.BytesReceived,
        BytesSent = BytesSent,
        Deadline = Cause?.Deadline,
        SocketError = Cause?.SocketError,
        Exception = Cause?.Exception,
    };

    private sealed class Failure(ConnectionCore core, Cause cause) : IThreadPoolWorkItem
    {
        public void Execute() => core.Fail(cause);
    }
}
