namespace Zocalo.Messaging;

/// <summary>Messages read where their bytes lie, by the reader itself: no task in between, no queue, no copy.</summary>
internal sealed class DirectSource<TIn, TOut>(FrameInput input, Protocol<TIn, TOut> protocol, Outbox outbox) : IMessageSource<TIn>
{
    public long SkippedBytes => input.SkippedBytes;

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
}
