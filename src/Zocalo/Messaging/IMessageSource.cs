namespace Zocalo.Messaging;

/// <summary>Where a framed connection's messages come from: straight from its input, or through an inbox when replies are picked out on
/// the way. One reader at a time.</summary>
internal interface IMessageSource<TIn>
{
    /// <summary>Bytes left out by a resynchronising format.</summary>
    long SkippedBytes { get; }

    /// <summary>The message to which <see cref="MoveNextAsync"/> has moved.</summary>
    TIn Current { get; }

    bool TryRead(out TIn message);

    ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken);

    /// <summary>Moves to the next message, and waits for it.</summary>
    /// <returns>False at the end.</returns>
    ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken);
}
