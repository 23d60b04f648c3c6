using System.IO.Pipelines;
using Zocalo.Connections;
using Zocalo.Endings;
using Zocalo.Engines;

namespace Zocalo;

/// <summary>
/// An established stream: bytes in order, both ways, until each side says that it has finished. Close it (<c>await using</c>);
/// one that is dropped is aborted and reported.
/// </summary>
/// <remarks>
/// Thread-safety: one reader and one writer at a time, each on any thread, and independent of each other; <see cref="CloseAsync"/>,
/// <see cref="Abort"/> and the tokens from anywhere. A second concurrent read or flush throws <see cref="InvalidOperationException"/> at
/// once; any use after the close throws <see cref="ObjectDisposedException"/>; an operation on a broken connection throws
/// <see cref="ConnectionException"/>.
/// </remarks>
public sealed class Connection : IDuplexPipe, IAsyncDisposable
{
    internal Connection(StreamSocket socket, ConnectionSettings settings)
    {
        Core = new ConnectionCore(socket, settings);
        Input = new ConnectionReader(this);
        Output = new ConnectionWriter(this);
    }

    /// <summary>It was dropped without being closed: everything of it that the program can hold holds this object, and the engine holds the
    /// core only.</summary>
    ~Connection()
    {
        if (Core is { HasEnded: false })
        {
            ThreadPool.UnsafeQueueUserWorkItem(Core, preferLocal: false);     // the finalizer's thread belongs to everybody: it only posts
        }
    }

    /// <summary>A number for logs, unique in this process.</summary>
    public long Id => Core.Id;

    /// <summary>
    /// What the peer sends. <c>IsCompleted</c> means that the peer has finished (FIN) or that the server drains. Back-pressure is the
    /// peer's: nothing is received until the reader asks for more. <c>Complete()</c> means "I am not listening": later bytes are discarded,
    /// so that our last reply still arrives.
    /// </summary>
    public PipeReader Input { get; }

    /// <summary>
    /// What we send. <c>FlushAsync</c> completes at once below <see cref="ConnectionOptions.SendHighWaterMark"/>; a failure shows at the
    /// next flush, at <see cref="CompleteOutputAsync"/> and in <see cref="Closed"/>. <c>Complete()</c> starts
    /// <see cref="CompleteOutputAsync"/>; <c>Complete(exception)</c> aborts.
    /// </summary>
    public PipeWriter Output { get; }

    /// <summary>Our end of the stream.</summary>
    public Address LocalAddress => Core.LocalAddress;

    /// <summary>The peer's end of the stream.</summary>
    public Address RemoteAddress => Core.RemoteAddress;

    /// <summary>
    /// Completes with how the connection ended, once both directions have. It never faults. Nothing is received unless somebody reads, so
    /// what the peer or the network does (a FIN, a reset, a silence that keep-alive finds) is noticed by a read or a send.
    /// </summary>
    public Task<ConnectionEnd> Closed => Core.Closed;

    /// <summary>Fires when the server begins to drain: finish what you are at, then return. The input ends by itself after what has
    /// arrived.</summary>
    public CancellationToken Draining => Core.Draining;

    /// <summary>Fires when the connection breaks: aborted here, or found reset by a read or a send. Not at a drain, nor at an ordinary
    /// end.</summary>
    public CancellationToken ConnectionClosed => Core.Broken;

    /// <summary>Whoever waits on the core's behalf holds this connection meanwhile, or it looks dropped.</summary>
    internal ConnectionCore Core { get; }

    /// <summary>Sends all of <paramref name="bytes"/>, or fails: there is no partial send to loop over. The memory is free again when the
    /// task completes.</summary>
    /// <param name="bytes">Any number of bytes.</param>
    /// <param name="cancellationToken">Cancels waiting for room. Before the call nothing is sent; during the wait the bytes are accepted
    /// already and will be.</param>
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

    /// <summary>Half-close: sends what was written, then a FIN. Reading goes on. Completes when the FIN is on its way, behind every
    /// byte.</summary>
    /// <exception cref="ConnectionException">The connection broke before.</exception>
    /// <exception cref="ObjectDisposedException">The connection was closed on this side.</exception>
    public ValueTask CompleteOutputAsync(CancellationToken cancellationToken = default)
    {
        _ = Core.UnframedWrite;
        return FinishOutputAsync(cancellationToken);
    }

    /// <summary>The same as <see cref="SendAsync"/>, for who would block the thread that others need to go first.</summary>
    internal ValueTask SendNowAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        Core.UnframedWrite.SendAsync(bytes, this, cancellationToken);

    /// <summary>The same as <see cref="ReceiveAsync"/>, for who would block the thread that others need to go first.</summary>
    internal ValueTask<int> ReceiveNowAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        if (into.IsEmpty)
        {
            throw new ArgumentException("There must be room for at least one byte.", nameof(into));
        }
        return Core.UnframedRead.ReceiveAsync(into, this, cancellationToken);
    }

    /// <returns>Whether this call cut it: not when it had broken or ended before.</returns>
    internal bool TryAbort()
    {
        GC.SuppressFinalize(this);
        return Core.Fail(new Cause(EndReason.Aborted));
    }

    internal ValueTask FinishOutputAsync(CancellationToken cancellationToken)
    {
        Core.ThrowIfClosed();
        cancellationToken.ThrowIfCancellationRequested();
        Core.Write.Complete();
        return this.MayYield(new ValueTask(Core.Write.WhenFinished().WaitAsync(cancellationToken)));
    }

    /// <summary>
    /// Hangs up in good order: sends what was written, then a FIN, discards what still comes, waits for the peer's FIN. The wait is bounded
    /// by <see cref="ConnectionOptions.CloseTimeout"/> without progress; then the connection is cut. Any number of calls are one.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting, not the closing.</param>
    /// <returns>How it ended; a broken connection is an answer here, not an exception.</returns>
    public Task<ConnectionEnd> CloseAsync(CancellationToken cancellationToken = default)
    {
        GC.SuppressFinalize(this);
        Core.Close();
        return this.MayYield(Core.Closed.WaitAsync(cancellationToken));
    }

    /// <summary>Cuts the connection: the peer sees a reset (where the transport has one), what was not sent is lost. Never blocks; any
    /// number of calls are one.</summary>
    public void Abort() => TryAbort();

    /// <summary>The connection as a stream. Every write is sent at once, and a read sends first what is still unflushed: request-then-wait
    /// never dead-locks.</summary>
    /// <param name="leaveOpen">Whether the connection outlives the stream.</param>
    public Stream AsStream(bool leaveOpen = false) => new ConnectionStream(this, leaveOpen);

    /// <summary>The same as <see cref="CloseAsync"/>.</summary>
    public ValueTask DisposeAsync() => new(CloseAsync());

    /// <summary>Such as <c>connection 7 (tcp://127.0.0.1:5346 - tcp://127.0.0.1:52114)</c>.</summary>
    public override string ToString() => $"connection {Id} ({LocalAddress} - {RemoteAddress})";
}
