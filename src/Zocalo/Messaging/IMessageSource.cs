namespace Zocalo.Messaging;

/// <summary>Where a framed connection's messages come from: straight from its input, or through an inbox when replies are picked out on the way. One reader at a time.</summary>
internal interface IMessageSource<TIn>
{
    /// <summary>Bytes left out by a resynchronising format.</summary>
    long SkippedBytes { get; }

    bool TryRead(out TIn message);

    ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken);
}
