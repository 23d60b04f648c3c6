using System.IO.Pipelines;
using Zocalo.Connections;
using Zocalo.Endings;
using Zocalo.Engines;

namespace Zocalo;

/// <summary>
/// An established stream: bytes in order, in both directions, until each side says that it has finished. Close it (<c>await using</c>). A
/// connection that is dropped without being closed is aborted, and the log reports it.
/// </summary>
/// <remarks>
/// Thread-safety: one reader and one writer at a time. They are independent of each other, and each may be on any thread.
/// <see cref="CloseAsync"/>, <see cref="Abort"/> and the tokens may be used from any thread at any time. A second concurrent read or flush
/// throws <see cref="InvalidOperationException"/> at once. Any use after the close throws <see cref="ObjectDisposedException"/>. An
/// operation on a broken connection throws <see cref="ConnectionException"/>.
/// </remarks>
public sealed class Connection : IDuplexPipe, IAsyncDisposable
{
    internal Connection(StreamSocket socket, ConnectionSettings settings)
    {
        Core = new ConnectionCore(socket, settings);
        Input = new ConnectionReader(this);
        Output = new ConnectionWriter(this);
    }

    /// <summary>The connection was dropped without being closed. Every object that the program can hold refers to this one; the engine
    /// refers to the core only.</summary>
    ~Connection()
    {
        if (Core is { HasEnded: false })
        {
            ThreadPool.UnsafeQueueUserWorkItem(Core, preferLocal: false);     // all finalizers share one thread: it only posts
        }
        else
        {
            Core?.ForgetBuffers();      // the unread bytes of a connection that had ended by itself
        }
    }

    /// <summary>A number for logs, unique in this process.</summary>
    public long Id => Core.Id;

    /// <summary>
    /// What the peer sends. <c>IsCompleted</c> means that the peer has finished (FIN) or that the server drains. Nothing is received until
    /// the reader asks for more, so a slow reader slows the peer down. <c>Complete()</c> means "I read no more": later bytes are discarded,
    /// so that our last reply still arrives.
    /// </summary>
    public PipeReader Input { get; }

    /// <summary>
    /// What we send. <c>FlushAsync</c> completes at once below <see cref="ConnectionOptions.SendHighWaterMark"/>. A failed send shows at
    /// the next flush, at <see cref="CompleteOutputAsync"/> and in <see cref="Closed"/>. <c>Complete()</c> starts
    /// <see cref="CompleteOutputAsync"/>; <c>Complete(exception)</c> aborts.
    /// </summary>
    public PipeWriter Output { get; }

    /// <summary>Our end of the stream.</summary>
    public Address LocalAddress => Core.LocalAddress;

    /// <summary>The peer's end of the stream.</summary>
    public Address RemoteAddress => Core.RemoteAddress;

    /// <summary>
    /// Completes when both directions have ended, with the way the connection ended. It never faults. Nothing is received unless the
    /// program reads, so only a read notices a FIN; a reset is noticed as <see cref="ConnectionClosed"/> says.
    /// </summary>
    public Task<ConnectionEnd> Closed => Core.Closed;

    /// <summary>Fires when the server begins to drain: the handler should finish its work and return. The input ends by itself after the
    /// bytes that have arrived.</summary>
    public CancellationToken Draining => Core.Draining;

    /// <summary>Fires when the connection breaks: this side aborts it, a limit is exceeded, or the peer has reset it. A read or a send
    /// finds a reset at once; while nothing is read or sent, it is found within five seconds. It does not fire at a drain or at an
    /// ordinary end.</summary>
    public CancellationToken ConnectionClosed => Core.Broken;

    /// <summary>
    /// Fires when the peer has finished (FIN) or is gone (a reset, or <see cref="ConnectionClosed"/>), also when nobody reads. A peer that
    /// has finished may still wait for a reply. On the engine <c>epoll</c> the system's event says it at once, on the others the library
    /// looks every quarter of a second from the first use of this property on. The bytes that came before stay readable. Where the system
    /// is not Linux, only a read or a send finds it.
    /// </summary>
    public CancellationToken PeerGone => Core.PeerGone;

    /// <summary>How long the peer may take: what the server, the client or the listener has set, until the program sets others for this
    /// connection. They count from the last byte, not from the setting; <see cref="Zocalo.Deadlines.Lifetime"/> counts from the beginning
    /// of the connection if it had such a limit before.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public Deadlines Deadlines
    {
        get => Core.Deadlines;
        set => Core.Deadlines = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>Code that waits for the core must keep a reference to this connection meanwhile, or the connection looks dropped.</summary>
    internal ConnectionCore Core { get; }

    /// <summary>Sends all of <paramref name="bytes"/>, or fails; there are no partial sends. The caller may reuse the memory when the task
    /// completes.</summary>
    /// <param name="bytes">Any number of bytes.</param>
    /// <param name="cancellationToken">Cancels the wait for free space in the buffer. If it has fired before the call, nothing is sent. If
    /// it fires during the wait, the bytes are already accepted and will be sent.</param>
    /// <exception cref="ConnectionException">The connection is broken.</exception>
    /// <exception cref="InvalidOperationException">Another write waits, or the output was completed.</exception>
    /// <exception cref="ObjectDisposedException">The connection was closed on this side.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) =>
        this.MayYield(SendNowAsync(bytes, cancellationToken));

    /// <summary>Receives what is there, at least one byte, into <paramref name="into"/>; the rest stays for the next call.</summary>
    /// <returns>The number of bytes; 0 when the peer has finished (FIN).</returns>
    /// <exception cref="ArgumentException"><paramref name="into"/> is empty.</exception>
    /// <exception cref="ConnectionException">The connection is broken.</exception>
    /// <exception cref="InvalidOperationException">Another read is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was closed on this side.</exception>
    public ValueTask<int> ReceiveAsync(Memory<byte> into, CancellationToken cancellationToken = default) =>
        this.MayYield(ReceiveNowAsync(into, cancellationToken));

    /// <summary>Half-close: sends what was written, then a FIN. Reading stays possible. Completes when the kernel has every byte and,
    /// behind them, the FIN.</summary>
    /// <exception cref="ConnectionException">The connection broke before.</exception>
    /// <exception cref="ObjectDisposedException">The connection was closed on this side.</exception>
    public ValueTask CompleteOutputAsync(CancellationToken cancellationToken = default)
    {
        _ = Core.UnframedWrite;
        return FinishOutputAsync(cancellationToken);
    }

    /// <summary>The same as <see cref="SendAsync"/>, for a caller that blocks its thread: a simulation has no other thread on which others
    /// could run first.</summary>
    internal ValueTask SendNowAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        Core.UnframedWrite.SendAsync(bytes, this, cancellationToken);

    /// <summary>The same as <see cref="ReceiveAsync"/>, for a caller that blocks its thread: a simulation has no other thread on which
    /// others could run first.</summary>
    internal ValueTask<int> ReceiveNowAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        if (into.IsEmpty)
        {
            throw new ArgumentException("There must be room for at least one byte.", nameof(into));
        }
        return Core.UnframedRead.ReceiveAsync(into, this, cancellationToken);
    }

    /// <returns>Whether this call cut the connection; false when it had broken or ended before.</returns>
    internal bool TryAbort()
    {
        GC.SuppressFinalize(this);
        var aborted = Core.Fail(new Cause(EndReason.Aborted));
        Core.ForgetBuffers();       // the program need not close it, nor give back what it was reading
        return aborted;
    }

    internal ValueTask FinishOutputAsync(CancellationToken cancellationToken)
    {
        Core.ThrowIfClosed();
        cancellationToken.ThrowIfCancellationRequested();
        Core.Write.Complete();
        return this.MayYield(new ValueTask(Core.Write.WhenFinished().WaitAsync(cancellationToken)));
    }

    /// <summary>
    /// Closes the connection in good order: sends what was written, then a FIN, discards what still comes, and waits for the peer's FIN.
    /// When <see cref="ConnectionOptions.CloseTimeout"/> passes without progress, the connection is cut. Further calls wait for the same
    /// close.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting, not the closing.</param>
    /// <returns>How the connection ended. A broken connection is a result here, not an exception.</returns>
    public Task<ConnectionEnd> CloseAsync(CancellationToken cancellationToken = default)
    {
        GC.SuppressFinalize(this);
        Core.Close();
        return this.MayYield(Core.Closed.WaitAsync(cancellationToken));
    }

    /// <summary>Cuts the connection: the peer sees a reset (if the transport has one), and bytes that were not sent are lost. Never blocks.
    /// Further calls do nothing.</summary>
    public void Abort() => TryAbort();

    /// <summary>The connection as a stream. Every write is sent at once, and a read first sends what was not flushed yet. So a request
    /// followed by a wait for its reply cannot dead-lock.</summary>
    /// <param name="leaveOpen">Whether the connection outlives the stream.</param>
    public Stream AsStream(bool leaveOpen = false) => new ConnectionStream(this, leaveOpen);

    /// <summary>The same as <see cref="CloseAsync"/>.</summary>
    public ValueTask DisposeAsync() => new(CloseAsync());

    /// <summary>Such as <c>connection 7 (tcp://127.0.0.1:5346 - tcp://127.0.0.1:52114)</c>.</summary>
    public override string ToString() => $"connection {Id} ({LocalAddress} - {RemoteAddress})";
}
