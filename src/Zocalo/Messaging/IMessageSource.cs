namespace Zocalo.Messaging;

/// <summary>Where a framed connection's messages come from: directly from its input, or through an inbox if replies have to be taken out
/// first. One reader at a time.</summary>
internal interface IMessageSource<TIn>
{
    /// <summary>Bytes that a resynchronising format skipped.</summary>
    long SkippedBytes { get; }

    /// <summary>The message to which <see cref="MoveNextAsync"/> has moved.</summary>
    TIn Current { get; }

    bool TryRead(out TIn message);

    ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken);

    /// <summary>Waits for the next message and moves to it.</summary>
    /// <returns>False at the end.</returns>
    ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken);
}
