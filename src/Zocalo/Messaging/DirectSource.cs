using System.Threading.Tasks.Sources;

namespace Zocalo.Messaging;

/// <summary>The reader itself takes the messages from the connection's buffer: no task in between, no queue, no copy.</summary>
internal sealed class DirectSource<TIn, TOut>(FrameInput input, Protocol<TIn, TOut> protocol, Outbox outbox)
    : IMessageSource<TIn>, IValueTaskSource<bool>
{
    private TIn _current = default!;

    public long SkippedBytes => input.SkippedBytes;

    public TIn Current => _current;

    public bool TryRead(out TIn message)
    {
        if (!input.TryRead(out var frame))
        {
            message = default!;
            return false;
        }
        outbox.IsReaderBusy = input.HasMore;
        try
        {
            message = protocol.Decode(frame);
            return true;
        }
        catch (Exception error)
        {
            throw input.Undecodable(error);
        }
    }

    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken)
    {
        if (input.TryPeek())
        {
            return new(true);
        }
        outbox.FlushHeldBack();
        return input.ReceiveAsync(cancellationToken);
    }

    public ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        if (TryRead(out _current))
        {
            return new(true);
        }
        outbox.FlushHeldBack();
        if (!input.TryReceive(cancellationToken, out var answer))
        {
            return new(this, input.Version);
        }
        return answer.IsCompletedSuccessfully && answer.Result ? new(TryRead(out _current)) : answer;
    }

    bool IValueTaskSource<bool>.GetResult(short token) => input.GetResult(token) && TryRead(out _current);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => input.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        input.OnCompleted(continuation, state, token, flags);
}
