using Zocalo.Connections;
using Zocalo.Messaging;
using Zocalo.Telemetry;
using Zocalo.Timing;

namespace Zocalo;

/// <summary>
/// A connection that carries whole messages. Read them in one loop (<see cref="ReadAllAsync"/>); send from any number of tasks; close it
/// (<c>await using</c>).
/// </summary>
/// <remarks>
/// Thread-safety: one reader at a time; everything else may be called from any thread. The input and output of the connection underneath
/// throw. A message of type <see cref="Frame"/> is borrowed: it is valid until the next read. If the peer breaks the format, reading ends
/// with a <see cref="FrameException"/> and the connection ends with its reason; accepted messages are still sent.
/// </remarks>
/// <typeparam name="TIn">What is received.</typeparam>
/// <typeparam name="TOut">What is sent.</typeparam>
public sealed class FramedConnection<TIn, TOut> : IAsyncDisposable
{
    private readonly MessagingOptions _options;
    private readonly Outbox _outbox;
    private readonly IMessageSource<TIn> _source;
    private readonly Requests<TIn, TOut>? _requests;
    private readonly ReaderRight _right = new();

    internal FramedConnection(Connection connection, Protocol<TIn, TOut> protocol, MessagingOptions options)
    {
        if (connection.Core.Options.ReceiveLimit < protocol.Format.MaxWireLength)
        {
            throw new ArgumentException(
                $"A frame of {protocol.Format} can take {protocol.Format.MaxWireLength} bytes and would never arrive: ReceiveLimit is " +
                $"{connection.Core.Options.ReceiveLimit}. Raise it, or lower maxFrameLength.",
                nameof(protocol));
        }
        Connection = connection;
        Protocol = protocol;
        _options = options;
        var core = connection.Core;
        _outbox = new Outbox(core, protocol.Format, options);
        var isPumped = protocol.Replies is not null || protocol.Heartbeat?.IsPong is not null;
        var over = isPumped ? new CancellationTokenSource() : null;     // without a timer: nothing to dispose of
        core.BeginFraming(new MessageOwner(core, _outbox, over));
        core.SetMessageLimits(options, protocol.Heartbeat is { } heartbeat
            ? new Heartbeat(new Ping(_outbox, heartbeat.Ping), Wheel.ToTicks(heartbeat.Interval), heartbeat.Misses, core.Wheel)
            : null);
        if (isPumped)
        {
            // Its task must not keep the connection alive, or a dropped connection would never be found.
            _requests = protocol.Replies is { } rule
                ? new Requests<TIn, TOut>(core, rule, options.MaxPendingRequests, core.Time)
                : null;
            var pumped = new PumpedSource<TIn, TOut>(
                core, new FrameInput(core, core, protocol.Format), protocol, _requests, options.InboxCapacity, over!.Token);
            _source = pumped;
            core.Post(pumped);
        }
        else
        {
            _source = new DirectSource<TIn, TOut>(new FrameInput(core, connection, protocol.Format), protocol, _outbox);
        }
    }

    /// <summary>The connection underneath, for its addresses, tokens and end. Its bytes belong to this object.</summary>
    public Connection Connection { get; }

    /// <summary>A number for logs, unique in this process.</summary>
    public long Id => Connection.Id;

    /// <summary>Our end of the stream.</summary>
    public Address LocalAddress => Connection.LocalAddress;

    /// <summary>The peer's end of the stream.</summary>
    public Address RemoteAddress => Connection.RemoteAddress;

    /// <summary>As <see cref="Connection.Closed"/>.</summary>
    public Task<ConnectionEnd> Closed => Connection.Closed;

    /// <summary>As <see cref="Connection.Draining"/>. Reading ends by itself between two messages.</summary>
    public CancellationToken Draining => Connection.Draining;

    /// <summary>As <see cref="Connection.ConnectionClosed"/>.</summary>
    public CancellationToken ConnectionClosed => Connection.ConnectionClosed;

    /// <summary>How many bytes belonged to no frame so far: a resynchronising format skipped them.</summary>
    public long SkippedBytes => _source.SkippedBytes;

    /// <summary>How many replies came after their request had timed out or was cancelled. They were dropped.</summary>
    public long LateReplies => _requests?.LateReplies ?? 0;

    /// <summary>
    /// Every message until the peer finishes or the server drains. A <see cref="Frame"/> is borrowed until the next iteration
    /// (<see cref="Frame.ToOwned"/> makes a copy to keep). The program may leave the loop and start another one later: no message is lost.
    /// The token cancels a wait; messages that have arrived are still returned.
    /// </summary>
    /// <exception cref="FrameException">The peer broke the format, or finished inside a message.</exception>
    /// <exception cref="ConnectionException">The connection broke.</exception>
    /// <exception cref="InvalidOperationException">Another loop is reading.</exception>
    public IAsyncEnumerable<TIn> ReadAllAsync(CancellationToken cancellationToken = default) =>
        new MessageStream<TIn>(_source, _right, Connection, cancellationToken);

    /// <summary>Waits until <see cref="TryRead"/> has a message.</summary>
    /// <returns>False when no more messages will come: the peer has finished, or the server drains.</returns>
    /// <exception cref="FrameException">The peer broke the format, or finished inside a message.</exception>
    /// <exception cref="ConnectionException">The connection broke.</exception>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) =>
        Connection.MayYield(_source.WaitToReadAsync(cancellationToken));

    /// <summary>Takes the next message if it has been received whole. This method does not receive; <see cref="WaitToReadAsync"/> does. A
    /// <see cref="Frame"/> is borrowed until the next call.</summary>
    /// <exception cref="FrameException">The peer broke the format.</exception>
    public bool TryRead(out TIn message) => _source.TryRead(out message);

    /// <summary>
    /// Sends one message, whole, after those of earlier calls. Completes when the message is accepted: at once while
    /// <see cref="MessagingOptions.OutboxCapacity"/> is not reached, otherwise as <see cref="MessagingOptions.WhenOutboxIsFull"/> says.
    /// After that the caller may reuse the message's memory. A failure to deliver shows at a later send and in <see cref="Closed"/>.
    /// </summary>
    /// <param name="message">What to send.</param>
    /// <param name="cancellationToken">Cancels the wait: then no byte of the message is sent.</param>
    /// <exception cref="ArgumentException">The message has no encoding in the format, such as one that is too long. Nothing is
    /// sent.</exception>
    /// <exception cref="ConnectionException">The connection is broken.</exception>
    /// <exception cref="InvalidOperationException">The output was completed.</exception>
    /// <exception cref="OutboxFullException">The outbox is full, and the policy is <see cref="OutboxPolicy.Fail"/>.</exception>
    /// <exception cref="ObjectDisposedException">The connection was closed on this side.</exception>
    public ValueTask SendAsync(TOut message, CancellationToken cancellationToken = default) =>
        Connection.MayYield(SendAsync(message, null, cancellationToken));

    /// <summary>Sends one message if the outbox has free space. Never waits.</summary>
    /// <returns>Whether the message was accepted. False when the outbox is full, or the connection is broken or was closed on this
    /// side.</returns>
    /// <exception cref="ArgumentException">The message has no encoding in the format.</exception>
    /// <exception cref="InvalidOperationException">The output was completed, and the connection is still open.</exception>
    public bool TrySend(TOut message)
    {
        var payload = Protocol.Encoder.Encode(message, out var memory);
        using (memory)
        {
            return _outbox.TrySend(new(payload));
        }
    }

    /// <summary>Sends a request and waits for its reply. Many requests may wait at the same time. When the server stops, those that wait
    /// are ended as soon as the peer is quiet. The protocol says how a reply is recognised
    /// (<see cref="Protocol{TIn,TOut}.WithRepliesById"/>).</summary>
    /// <param name="request">What to send.</param>
    /// <param name="timeout">The limit for the whole request, including the wait for space in the outbox; null for
    /// <see cref="MessagingOptions.RequestTimeout"/>.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="TimeoutException">No reply came in time. A reply that comes later is dropped and counted.</exception>
    /// <exception cref="ConnectionException">The connection ended before the reply came; <see cref="ConnectionException.Reason"/> says
    /// why.</exception>
    /// <exception cref="InvalidOperationException">The protocol has no replies.</exception>
    public Task<TIn> RequestAsync(TOut request, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Connection.Core.Run(() => Tracing.IsOn
            ? RequestTracedAsync(request, timeout ?? _options.RequestTimeout, cancellationToken)
            : RequestInContextAsync(request, timeout ?? _options.RequestTimeout, cancellationToken));

    /// <summary>Half-close: this side sends no more messages after those whose sends wait already. Reading stays possible.</summary>
    /// <exception cref="ConnectionException">The connection broke before.</exception>
    public ValueTask CompleteOutputAsync(CancellationToken cancellationToken = default) =>
        new(Connection.Core.Run(() => CompleteInContextAsync(cancellationToken)));
    /// <summary>As <see cref="Connection.CloseAsync"/>: sends every accepted message, then closes in good order.</summary>
    public Task<ConnectionEnd> CloseAsync(CancellationToken cancellationToken = default) => Connection.CloseAsync(cancellationToken);

    /// <summary>As <see cref="Connection.Abort"/>.</summary>
    public void Abort() => Connection.Abort();

    /// <summary>The same as <see cref="CloseAsync"/>.</summary>
    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    /// <summary>As the connection's.</summary>
    public override string ToString() => Connection.ToString();

    internal Protocol<TIn, TOut> Protocol { get; }

    /// <summary>Sends a frame that is already encoded and that other connections send too.</summary>
    internal ValueTask SendEncodedAsync(Frame wire, CancellationToken cancellationToken) =>
        Connection.MayYield(_outbox.SendAsync(new(wire, IsEncoded: true), Connection, cancellationToken));

    private ValueTask SendAsync(TOut message, ISendObserver? observer, CancellationToken cancellationToken)
    {
        var payload = Protocol.Encoder.Encode(message, out var memory);
        using (memory)
        {
            return _outbox.SendAsync(new(payload, IsLent: memory is not null, Observer: observer), Connection, cancellationToken);
        }
    }

    /// <summary>A method of its own: without a listener a request carries nothing for it.</summary>
    private async Task<TIn> RequestTracedAsync(TOut request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var activity = Tracing.StartRequest(Id, LocalAddress);
        try
        {
            return await RequestInContextAsync(request, timeout, cancellationToken);
        }
        catch (Exception error)
        {
            activity.SetFailed(error);
            throw;
        }
    }

    private async Task<TIn> RequestInContextAsync(TOut request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var requests = _requests ?? throw new InvalidOperationException(
            "The protocol does not say what a reply is: make it with WithRepliesInOrder or WithRepliesById.");
        var (message, reply) = requests.Register(request);
        return await requests.WaitAsync(reply, timeout, giveUp => SendAsync(message, reply, giveUp), cancellationToken);
    }

    private async Task CompleteInContextAsync(CancellationToken cancellationToken)
    {
        await _outbox.CompleteAsync(Connection, cancellationToken);
        await Connection.FinishOutputAsync(cancellationToken);
    }
}
