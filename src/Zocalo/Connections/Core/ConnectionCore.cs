using Microsoft.Extensions.Logging;
using Zocalo.Endings;
using Zocalo.Engines;

namespace Zocalo.Connections;

/// <summary>
/// A connection's life: two halves, the first abnormal cause, and the one end. The engine knows this object, never the public
/// <see cref="Connection"/>, so that a connection which the program dropped can be told from one that is in use.
/// </summary>
/// <remarks>
/// Closing goes stop → shut down → join what is in flight → release → close the handle: a half is quiescent when its direction has ended
/// and no operation of it is in the engine; when both are, the socket is closed and the end is published.
/// <para>There are many connections, and most are idle: what all have in common lies in the
/// <see cref="ConnectionSettings"/>, and what most never need is made when it is needed.</para>
/// </remarks>
internal sealed partial class ConnectionCore : IStreamOwner, IThreadPoolWorkItem
{
    /// <summary>It only moves forward.</summary>
    private enum Phase : byte
    {
        Open,
        Closing,        // the program closes it: what was written goes out, then the FINs
        Broken,         // by its first abnormal cause
        Ended,
    }

    private enum Finisher : byte
    {
        Nobody,
        Peer,
        Us,
    }

    private static long s_lastId;

    private readonly ConnectionSettings _settings;
    private volatile StreamSocket _socket;
    private EngineScheduler _scheduler;
    private volatile Phase _phase;
    private Finisher _first;
    private volatile bool _isClosed;        // by the program, whatever became of it before or after
    private volatile bool _isDraining;
    private IMessageOwner? _framing;
    private Ending? _ending;
    private CancellationTokenSource? _brokenSource;     // made when somebody asks for its token

    internal ConnectionCore(StreamSocket socket, ConnectionSettings settings)
    {
        _socket = socket;
        _scheduler = socket.Scheduler;
        _settings = settings;
        Id = Interlocked.Increment(ref s_lastId);
        Read = new ReadHalf(this);
        Write = new WriteHalf(this);
        socket.Attach(this);
    }

    internal long Id { get; }

    internal ReadHalf Read { get; }

    internal WriteHalf Write { get; }

    /// <summary>The half, for a program that reads bytes.</summary>
    /// <exception cref="InvalidOperationException">A FramedConnection owns the bytes.</exception>
    internal ReadHalf UnframedRead => _framing is null ? Read : throw Framed();

    /// <inheritdoc cref="UnframedRead"/>
    internal WriteHalf UnframedWrite => _framing is null ? Write : throw Framed();

    /// <summary>The seam: it is called without a lock of ours.</summary>
    internal StreamSocket Socket
    {
        get
        {
            AssertNoLockIsHeld();
            return _socket;
        }
    }

    /// <summary>Where code of this connection runs.</summary>
    internal EngineScheduler Scheduler => _scheduler;

    internal ILogger Logger => _settings.Logger;

    /// <summary>Where the program made the connection, if it asked to know.</summary>
    internal string? Origin => _settings.Origin;

    internal TimeProvider Time => _settings.Time;

    internal ConnectionOptions Options => _settings.Options;

    internal Address LocalAddress => _socket.LocalAddress;

    internal Address RemoteAddress => _socket.RemoteAddress;

    internal long BytesSent => _socket.Sent;

    /// <summary>Fires when the server begins to drain.</summary>
    internal CancellationToken Draining
    {
        get
        {
            lock (this)
            {
                return TokenOf(ref EndingUnsynchronized().DrainingSource, _isDraining);
            }
        }
    }

    /// <summary>Fires when the connection breaks, after both halves have resumed who waits.</summary>
    internal CancellationToken Broken
    {
        get
        {
            lock (this)
            {
                return TokenOf(ref _brokenSource, IsBroken);
            }
        }
    }

    /// <summary>The first abnormal cause; a send that failed is one from then on, though the connection breaks when the rest has been
    /// received.</summary>
    internal Cause? Cause => Volatile.Read(ref _ending) is { } ending ? ending.Cause ?? ending.OfSending : null;

    internal bool IsBroken => _phase >= Phase.Broken && _ending is { HasBroken: true };

    internal bool IsDraining => _isDraining;

    internal bool IsClosing => _isClosed;

    internal bool HasEnded => _phase == Phase.Ended;

    /// <summary>How it ended, once it has.</summary>
    internal ConnectionEnd? End => Volatile.Read(ref _ending)?.End;

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

    /// <summary>Code of this connection runs somewhere else than on the thread pool.</summary>
    internal bool HasContext => Context is not null;

    /// <summary>Where code of this connection runs; null: on the thread pool.</summary>
    internal SynchronizationContext? Context => _scheduler.Context;

    /// <summary>The reset that a send has met: there was no FIN before it. Null for any other failure of a send, which says nothing of
    /// what the peer sent.</summary>
    internal Cause? ResetOfSending =>
        Volatile.Read(ref _ending)?.OfSending is { SocketError: System.Net.Sockets.SocketError.ConnectionReset } cause ? cause : null;

    private string Name => $"{nameof(Connection)} {Id}";

    /// <summary>
    /// That token is <see cref="Broken"/>'s: a half that waits need not watch it, because a breakage wakes it anyway, and before the
    /// token fires.
    /// </summary>
    internal bool IsOwn(CancellationToken token) => _brokenSource is { } source && token == source.Token;

    /// <summary>
    /// Whether an exception tells of this connection's own end, or of its drain: then it is no failure of the code that met it. The end
    /// of another connection is one. So is a cancellation by another token than ours, unless the connection broke, which cancels what is
    /// linked to its token as well, and leaves nothing to be taken for a whole answer. A drain does: a source linked to
    /// <see cref="Draining"/> may have fired for a reason of the handler's own, and no token tells its reason.
    /// </summary>
    internal bool IsOwnEnd(Exception error) => error switch
    {
        ConnectionException ended => ended.ConnectionId == Id,
        ObjectDisposedException closed => IsClosing && closed.ObjectName == Name,
        OperationCanceledException cancelled => IsBroken
            || (IsDraining && Volatile.Read(ref _ending)?.DrainingSource is { } source && cancelled.CancellationToken == source.Token),
        _ => false,
    };

    internal ObjectDisposedException Disposed() => new(Name, "The connection was closed on this side.");

    internal void ThrowIfClosed()
    {
        if (_isClosed)
        {
            throw Disposed();
        }
    }

    /// <summary>No lock of this connection is held by the calling thread: work may be posted, and the engine called.</summary>
    internal void AssertNoLockIsHeld()
    {
        if (Invariants.AreChecked)
        {
            Invariants.Assert(
                LightLock.NoneIsHeld && !Monitor.IsEntered(this),
                "nothing is posted, and the engine is not called, under a connection's lock");
        }
    }

    /// <summary>Its code runs there from now on. To be called before any of it has run.</summary>
    internal void MoveTo(EngineScheduler scheduler) => _scheduler = scheduler;

    /// <summary>
    /// Puts another stream in the place of the connection's own, such as a layer above it, while nothing is in flight.
    /// </summary>
    /// <param name="make">Makes it of the present one, and of the bytes that were received and not consumed: they are its to give.</param>
    /// <exception cref="InvalidOperationException">Something is in flight.</exception>
    internal void ReplaceSocket(Func<StreamSocket, byte[], StreamSocket> make)
    {
        ThrowIfFramedAlready();
        ThrowIfClosed();
        Write.CheckEmpty();
        var socket = make(_socket, Read.TakeBack());
        socket.Attach(this);
        _socket = socket;
        Interlocked.MemoryBarrier();        // before the look: who breaks it looks for the socket after it has said so
        if (IsBroken)
        {
            socket.Abort();     // who broke it meanwhile has met the one before
        }
    }

    /// <summary>Runs code of the user's where the engine runs the connection's code, soon, never inside this call.</summary>
    internal void Post(IThreadPoolWorkItem work)
    {
        AssertNoLockIsHeld();
        _scheduler.Post(work);
    }

    /// <summary>Runs asynchronous library code of this connection, which awaits tasks and continues where the engine wants it.</summary>
    internal TTask Run<TTask>(Func<TTask> work) => Context.Run(work);

    /// <summary>Posts <paramref name="work"/> when the connection has ended, or now if it has.</summary>
    internal void WhenEnded(IThreadPoolWorkItem work)
    {
        lock (this)
        {
            if (EndingUnsynchronized().TryAdd(work))
            {
                return;
            }
        }
        Post(work);
    }

    private static InvalidOperationException Framed() =>
        new("A FramedConnection owns this connection's bytes: read and send messages through it.");

    /// <summary>With the lock held.</summary>
    private Ending EndingUnsynchronized()
    {
        if (_ending is null)
        {
            Volatile.Write(ref _ending, new Ending());
        }
        return _ending;
    }

    /// <summary>With the lock held.</summary>
    private static CancellationToken TokenOf(ref CancellationTokenSource? source, bool hasFired)
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

    private void Fire(CancellationTokenSource? source)
    {
        if (source is not null)
        {
            Post(new CancelWorkItem(source, Logger));
        }
    }
}
