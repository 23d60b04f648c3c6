using System.Threading.Channels;
using Zocalo.Connections;

namespace Zocalo.Messaging;

/// <summary>
/// A task of the connection receives the messages. It hands each reply to the request that waits for it, drops answers to pings, and puts
/// an owned copy of every other message into a bounded inbox. So a handler may wait for a reply in the middle of its own reading loop.
/// </summary>
internal sealed class PumpedSource<TIn, TOut> : IMessageSource<TIn>, IThreadPoolWorkItem
{
    private readonly ConnectionCore _core;
    private readonly FrameInput _input;
    private readonly Protocol<TIn, TOut> _protocol;
    private readonly Requests<TIn, TOut>? _requests;
    private readonly Channel<TIn> _inbox;
    private readonly CancellationToken _over;
    private TIn _current = default!;

    /// <param name="core">The connection.</param>
    /// <param name="input">The source of the frames.</param>
    /// <param name="protocol">What the frames mean.</param>
    /// <param name="requests">The requests that wait for replies; null if there are none in this protocol.</param>
    /// <param name="capacity">How many messages the inbox holds.</param>
    /// <param name="over">Fires when the connection is over: then this task stops waiting for a reader, who may never come.</param>
    internal PumpedSource(
        ConnectionCore core,
        FrameInput input,
        Protocol<TIn, TOut> protocol,
        Requests<TIn, TOut>? requests,
        int capacity,
        CancellationToken over)
    {
        _core = core;
        _over = over;
        _input = input;
        _protocol = protocol;
        _requests = requests;
        _inbox = Channel.CreateBounded<TIn>(new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true });
    }

    public long SkippedBytes => _input.SkippedBytes;

    public TIn Current => _current;

    public bool TryRead(out TIn message) => _inbox.Reader.TryRead(out message!);

    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken)
    {
        var wait = _inbox.Reader.WaitToReadAsync(cancellationToken);
        // The channel resumes a waiting reader on the thread pool, unless the reader waits in a context.
        return wait.IsCompleted || !_core.HasContext ? wait : new(_core.Run(async () => await wait));
    }

    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        while (!TryRead(out _current))
        {
            if (!await WaitToReadAsync(cancellationToken))
            {
                return false;
            }
        }
        return true;
    }

    void IThreadPoolWorkItem.Execute() => _ = _core.Run(RunAsync);

    /// <summary>Receives until the connection's input ends, and passes on how it ended.</summary>
    private async Task RunAsync()
    {
        try
        {
            while (_input.TryPeek() || await _input.ReceiveAsync(default))
            {
                while (_input.TryRead(out var frame))
                {
                    if (!TryHandOver(frame, out var message) && !_inbox.Writer.TryWrite(message))
                    {
                        await _inbox.Writer.WriteAsync(message, _over);
                    }
                }
            }
            _requests?.End(_input.EndCause.ToException());
            _inbox.Writer.TryComplete();
        }
        catch (Exception error)
        {
            var reason = error is OperationCanceledException ? _input.Over() : error;       // it was stopped while it waited for a reader
            _requests?.End(reason);
            _inbox.Writer.TryComplete(reason);
        }
    }

    /// <returns>Whether it was a reply, or answers a ping.</returns>
    private bool TryHandOver(in Frame frame, out TIn message)
    {
        try
        {
            message = _protocol.DecodeOwned(frame);
            return _protocol.Heartbeat?.IsPong?.Invoke(message) == true || _requests?.TryTakeReply(message) == true;
        }
        catch (Exception error)
        {
            throw _input.Undecodable(error);
        }
    }
}
