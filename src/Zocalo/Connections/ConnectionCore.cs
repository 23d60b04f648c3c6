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

    private readonly Channel _channel;
    private readonly ConnectionOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private Cause? _cause;
    private Finisher _first;
    private bool _broken;
    private bool _drained;
    private bool _closing;
    private bool _ended;
    private IMessageSide? _framing;
    private Linger? _linger;
    private Promise<ConnectionEnd>? _closed;
    private List<IThreadPoolWorkItem>? _whenEnded;
    private ConnectionEnd? _end;

    internal ConnectionCore(Channel channel, ConnectionOptions options, ILogger logger, TimeProvider time, string? origin)
    {
        _channel = channel;
        _options = options;
        _time = time;
        Logger = logger;
        Id = Interlocked.Increment(ref s_lastId);
        Input = new InputSide(this, channel, options.ReceiveLimit);
        Output = new OutputSide(this, channel, options.SendHighWaterMark);
        Draining = new Signal(channel, logger);
        Broken = new Signal(channel, logger);
        Origin = origin;
        channel.Attach(this);
    }

    internal long Id { get; }

    internal InputSide Input { get; }

    internal OutputSide Output { get; }

    internal Signal Draining { get; }

    internal Signal Broken { get; }

    internal ILogger Logger { get; }

    /// <summary>Where the program made the connection, if it asked to know.</summary>
    internal string? Origin { get; }

    internal TimeProvider Time => _time;

    internal ConnectionOptions Options => _options;

    internal Address LocalAddress => _channel.LocalAddress;

    internal Address RemoteAddress => _channel.RemoteAddress;

    internal long BytesSent => _channel.BytesTaken;

    internal int SendQueueLength => _channel.SendQueueLength;

    internal Cause? Cause => Volatile.Read(ref _cause);

    internal bool IsBroken => Volatile.Read(ref _broken);

    internal bool IsClosing => Volatile.Read(ref _closing);

    /// <summary>How it ended, once it has.</summary>
    internal ConnectionEnd? End => Volatile.Read(ref _end);

    internal bool HasEnded => Volatile.Read(ref _ended);

    internal Task<ConnectionEnd> Closed
    {
        get
        {
            lock (_lock)
            {
                if (_closed is null)
                {
                    if (_end is not null)
                    {
                        return Task.FromResult(_end);
                    }
                    _closed = new();
                }
                return _closed.Task;
            }
        }
    }

    /// <summary>Runs <paramref name="work"/> in the connection's place when it has ended, or soon if it has.</summary>
    internal void WhenEnded(IThreadPoolWorkItem work)
    {
        lock (_lock)
        {
            if (_end is null)
            {
                (_whenEnded ??= new(1)).Add(work);
                return;
            }
        }
        Start(work);
    }

    /// <summary>Runs code of the user's in the connection's place: its handler's first step.</summary>
    internal void Start(IThreadPoolWorkItem work) => _channel.Ready(work);

    /// <summary>Code of this connection goes on somewhere else than on the thread pool.</summary>
    internal bool HasContext => _channel.Context is not null;

    /// <summary>Runs asynchronous library code of this connection, which awaits tasks and goes on where the engine wants it.</summary>
    internal TTask Run<TTask>(Func<TTask> work) => _channel.Context.Run(work);

    /// <summary>Breaks the connection, unless it broke or ended before: the first cause is the one that counts.</summary>
    internal void Fail(Cause cause)
    {
        lock (_lock)
        {
            if (_broken || _ended)
            {
                return;
            }
            _broken = true;
            _cause ??= cause;
        }
        _channel.Abort();
        Input.Break();
        Output.Break();
        _framing?.OnBroken();
        Broken.Fire();
        TrySettle();
    }

    /// <summary>The same, soon: breaking a connection calls the engine, which is not done under a lock.</summary>
    internal void FailLater(Cause cause) => _channel.Ready(new Failure(this, cause));

    /// <summary>Remembers why the connection will have ended, and leaves it whole: what was written still goes out.</summary>
    internal void Note(Cause cause)
    {
        lock (_lock)
        {
            if (!_ended)
            {
                _cause ??= cause;
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
        lock (_lock)
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

    private void BeginLinger()
    {
        lock (_lock)
        {
            if (_ended || _linger is not null)
            {
                return;
            }
            _linger = new Linger(this, _options.CloseTimeout, _time);
        }
    }

    /// <summary>The server stops.</summary>
    internal void Drain()
    {
        lock (_lock)
        {
            if (_ended || _drained)
            {
                return;
            }
            _drained = true;
        }
        Draining.Fire();
        Input.Drain();
    }

    /// <summary>A FIN went through, in one direction.</summary>
    internal void OnFinished(bool byPeer)
    {
        lock (_lock)
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
        lock (_lock)
        {
            if (_ended)
            {
                return;
            }
            _ended = true;
        }
        _linger?.Dispose();
        _channel.Close();
        var end = MakeEnd();
        Log.ConnectionClosed(Logger, Id, end);
        lock (_lock)
        {
            Volatile.Write(ref _end, end);
            _closed?.TryResolve(end, this);
            _whenEnded?.ForEach(Start);
            _whenEnded = null;
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

    /// <summary>How it ended; asked for when both sides are settled.</summary>
    internal ConnectionEnd MakeEnd() => new()
    {
        Reason = _cause?.Reason
            ?? (_first == Finisher.Peer ? EndReason.PeerFinished : _drained ? EndReason.Drained : EndReason.Completed),
        Input = Input.IsFinished ? DirectionEnd.Finished : DirectionEnd.Broken,
        Output = Output.IsFinished ? DirectionEnd.Finished : DirectionEnd.Broken,
        BytesReceived = Input.BytesReceived,
        BytesSent = BytesSent,
        Deadline = _cause?.Deadline,
        SocketError = _cause?.SocketError,
        Exception = _cause?.Exception,
    };

    private sealed class Failure(ConnectionCore core, Cause cause) : IThreadPoolWorkItem
    {
        public void Execute() => core.Fail(cause);
    }
}
