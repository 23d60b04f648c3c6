using Microsoft.Extensions.Logging;
using Zocalo.Buffers;
using Zocalo.Endings;
using Zocalo.Engines;
using Zocalo.Timing;

namespace Zocalo.Connections;

/// <summary>
/// A connection's life: two halves, the first abnormal cause, and the one end. The engine refers to this object and never to the public
/// <see cref="Connection"/>. So the garbage collector can distinguish a connection that the program dropped from one that is in use.
/// </summary>
/// <remarks>
/// A close has these steps: stop → shut down → join what is in flight → release → close the handle. A half is quiescent when its direction
/// has ended and the engine has no operation of it. When both halves are quiescent, the socket is closed and the end is published.
/// <para>There are many connections, and most are idle. So they share one <see cref="ConnectionSettings"/>, and objects that most
/// connections never need are made on demand.</para>
/// </remarks>
internal sealed partial class ConnectionCore : IStreamOwner, IBufferHolder, IThreadPoolWorkItem
{
    /// <summary>The phase only moves forward.</summary>
    private enum Phase : byte
    {
        Open,
        Closing,        // the program closes it: what was written is sent, then come the FINs
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
    private volatile bool _isClosed;        // by the program, even if it was broken or ended before or after
    private volatile bool _isDraining;
    private bool _inputEnds;
    private IMessageOwner? _framing;
    private Ending? _ending;
    private CancellationTokenSource? _brokenSource;     // made when its token is first read

    internal ConnectionCore(StreamSocket socket, ConnectionSettings settings)
    {
        _socket = socket;
        _scheduler = socket.Scheduler;
        _settings = settings;
        Id = Interlocked.Increment(ref s_lastId);
        Read = new ReadHalf(this);
        Write = new WriteHalf(this);
        socket.Attach(this);
        BeginVisits();
    }

    internal long Id { get; }

    internal ReadHalf Read { get; }

    internal WriteHalf Write { get; }

    /// <summary>The half, for a program that works with bytes.</summary>
    /// <exception cref="InvalidOperationException">A FramedConnection owns the bytes.</exception>
    internal ReadHalf UnframedRead => _framing is null ? Read : throw Framed();

    /// <inheritdoc cref="UnframedRead"/>
    internal WriteHalf UnframedWrite => _framing is null ? Write : throw Framed();

    /// <summary>The engine's socket. It is called without holding a lock of the connection.</summary>
    internal StreamSocket Socket
    {
        get
        {
            AssertNoLockIsHeld();
            return _socket;
        }
    }

    /// <summary>Where this connection's code runs.</summary>
    internal EngineScheduler Scheduler => _scheduler;

    internal ILogger Logger => _settings.Logger;

    /// <summary>The stack that made the connection, if the options ask for it.</summary>
    internal string? Origin => _settings.Origin;

    internal TimeProvider Time => _settings.Time;

    /// <summary>What visits it.</summary>
    internal Wheel Wheel => _settings.Wheel;

    internal ConnectionOptions Options => _settings.Options;

    BufferBudget IBufferHolder.Budget => Options.BufferBudget;

    int IBufferHolder.BudgetEntry
    {
        get => Read.BudgetEntry;
        set => Read.BudgetEntry = value;
    }

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

    /// <summary>Fires when the connection breaks, after both halves have resumed their waiting callers.</summary>
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

    /// <summary>The first abnormal cause. A failed send is one at once, although the connection breaks only when the rest has been
    /// received.</summary>
    internal Cause? Cause => Volatile.Read(ref _ending) is { } ending ? ending.Cause ?? ending.OfSending : null;

    internal bool IsBroken => _phase >= Phase.Broken && _ending is { HasBroken: true };

    internal bool IsDraining => _isDraining;

    internal bool IsClosing => _isClosed;

    internal bool HasEnded => _phase == Phase.Ended;

    /// <summary>How the connection ended; null before.</summary>
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

    /// <summary>Whether this connection's code runs elsewhere than on the thread pool.</summary>
    internal bool HasContext => Context is not null;

    /// <summary>The context in which this connection's code runs; null for the thread pool.</summary>
    internal SynchronizationContext? Context => _scheduler.Context;

    /// <summary>The reset that a send has met, which means that the peer sent no FIN. Null for any other failure of a send: it says nothing
    /// about the input.</summary>
    internal Cause? ResetOfSending =>
        Volatile.Read(ref _ending)?.OfSending is { SocketError: System.Net.Sockets.SocketError.ConnectionReset } cause ? cause : null;

    private string Name => $"{nameof(Connection)} {Id}";

    /// <summary>
    /// Whether the token is <see cref="Broken"/>. A waiting half need not register with that one: a breakage wakes the half anyway, before
    /// the token fires.
    /// </summary>
    internal bool IsOwn(CancellationToken token) => _brokenSource is { } source && token == source.Token;

    /// <summary>
    /// Whether an exception reports this connection's own end or its drain. Then the code that met it has not failed. The end of another
    /// connection is a failure. A cancellation by a token that is not ours is a failure too, unless the connection broke: a breakage also
    /// cancels sources linked to our token, and then the peer cannot take a partial answer for a whole one. At a drain it could: a source
    /// linked to <see cref="Draining"/> may have fired for the handler's own reason, and a token does not say why it fired.
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

    /// <summary>Whether the calling thread holds no lock of this connection: then it may post work and call the engine.</summary>
    internal void AssertNoLockIsHeld()
    {
        if (Invariants.AreChecked)
        {
            Invariants.Assert(
                LightLock.NoneIsHeld && !Monitor.IsEntered(this),
                "nothing is posted, and the engine is not called, under a connection's lock");
        }
    }

    /// <summary>From now on the connection's code runs on this scheduler. Must be called before any of it has run.</summary>
    internal void MoveTo(EngineScheduler scheduler) => _scheduler = scheduler;

    /// <summary>Replaces the connection's stream by another, such as a layer above it, while nothing is in flight.</summary>
    /// <param name="make">Makes the new stream from the present one and from the bytes that were received and not consumed. The new stream
    /// has to deliver these bytes.</param>
    /// <exception cref="InvalidOperationException">Something is in flight.</exception>
    internal void ReplaceSocket(Func<StreamSocket, byte[], StreamSocket> make)
    {
        ThrowIfFramedAlready();
        ThrowIfClosed();
        Write.CheckEmpty();
        var socket = make(_socket, Read.TakeBack());
        socket.Attach(this);
        _socket = socket;
        Interlocked.MemoryBarrier();        // before the phase is read: a thread that breaks it sets the phase, then reads the socket
        if (IsBroken)
        {
            socket.Abort();     // a thread that broke it meanwhile aborted the previous socket
        }
    }

    /// <summary>The program has no more use for the connection: what is left in its buffers counts no longer.</summary>
    internal void ForgetBuffers()
    {
        Options.BufferBudget.Forget(this);
    }

    /// <summary>Runs user code where the engine runs the connection's code, soon, and never inside this call.</summary>
    internal void Post(IThreadPoolWorkItem work)
    {
        AssertNoLockIsHeld();
        _scheduler.Post(work);
    }

    /// <summary>Runs asynchronous library code of this connection. It may await tasks, and continues in the engine's context.</summary>
    internal TTask Run<TTask>(Func<TTask> work) => Context.Run(work);

    /// <summary>Posts <paramref name="work"/> when the connection has ended; at once if it has ended already.</summary>
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
                source.Cancel();        // there are no callbacks yet. A cancelled token without a source would equal every other such token
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
