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

    internal Cause? Cause => Volatile.Read(ref _ending)?.Cause;

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

    /// <summary>Breaks the connection, unless it broke or ended before: the first cause is the one that counts.</summary>
    internal void Fail(Cause cause)
    {
        lock (this)
        {
            if (_broken || _ended)
            {
                return;
            }
            _broken = true;
            EndingUnsynchronized().Note(cause);
        }
        Channel.Abort();
        Input.Break();
        Output.Break();
        _framing?.OnBroken();
        Fire(Volatile.Read(ref _brokenSource));
        TrySettle();
    }

    /// <summary>
    /// The same, when a send or the FIN has failed: what came before the breakage is received before it. A receive that is in the engine is
    /// waited for if it is sure to
    /// have its answer soon.
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
            EndingUnsynchronized().OfSending ??= cause;
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

    /// <summary>Breaks it as <see cref="Fail"/> does, but soon: breaking a connection calls the engine, which is not done under a
    /// lock.</summary>
    internal void FailLater(Cause cause) => Channel.Ready(new Failure(this, cause));

    /// <summary>Remembers why the connection will have ended, and leaves it whole: what was written still goes out.</summary>
    internal void Note(Cause cause)
    {
        lock (this)
        {
            if (!_ended)
            {
                EndingUnsynchronized().Note(cause);
            }
        }
    }

    /// <summary>The input and output belong to a reader and writer of messages from now on.</summary>
    /// <exception cref="InvalidOperationException">They belong to one already.</exception>
    internal void BeginFraming(IMessageSide owner)
    {
        Output.CheckIdle();
        Input.Reexamine();
        if (Interlocked.CompareExchange(ref _framing, owner, null) is not null)
        {
            throw new InvalidOperationException("The connection is framed already: it has one FramedConnection.");
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
        _framing?.OnClosing();      // first: a message that is half written must still be writable
        lock (this)
        {
            if (_closing)
            {
                return;
            }
            _closing = true;
        }
        Input.Close();
        Output.Complete();
        BeginLinger();
    }

    /// <summary>A side was completed by the user. Both are: that is a close, and is not waited for without end.</summary>
    internal void OnSideCompleted()
    {
        if (Input.IsCompleted && Output.IsCompleted)
        {
            BeginLinger();
        }
    }

    private CancellationToken TokenOf(ref CancellationTokenSource? source, ref bool hasFired)
    {
        lock (this)
        {
            return source is not null ? source.Token
                : hasFired ? new CancellationToken(canceled: true)
                : (source = new CancellationTokenSource()).Token;
        }
    }

    private void Fire(CancellationTokenSource? source)
    {
        if (source is not null)
        {
            Start(new Signal(source, Logger));
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

    private void BeginLinger()
    {
        lock (this)
        {
            if (!_ended)
            {
                EndingUnsynchronized().Linger ??= new Linger(this, Options.CloseTimeout, Time);
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

    /// <summary>Ends the connection if both sides are settled. Called whenever one of them may have become so.</summary>
    internal void TrySettle()
    {
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
        _ending?.Linger?.Dispose();
        Channel.Close();
        var end = MakeEnd();
        Log.ConnectionClosed(Logger, Id, end);
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

    internal ObjectDisposedException Disposed() => new(nameof(Connection), "The connection was closed on this side.");

    void IChannelOwner.OnReceived(IoResult result) => Input.OnReceived(result);

    void IChannelOwner.OnStillWaiting() => Input.OnStillWaiting();

    void IChannelOwner.OnSent(IoResult result) => Output.OnSent(result);

    void IChannelOwner.OnRescued() => _settings.Rescued?.Invoke(this);

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
