namespace Zocalo;

/// <summary>Says where a message carries the number by which a reply is matched with its request. Called from many connections at the same
/// time.</summary>
public interface ICorrelation<TIn, TOut>
{
    /// <summary>The greatest number that a message can carry; numbers go from 1 to it and around. A number is free again when its request
    /// gave up: where it is small, a very late reply can meet a younger request.</summary>
    long GreatestId => long.MaxValue;

    /// <summary>The same request with this number in it.</summary>
    TOut WithId(TOut request, long id);

    /// <summary>Whether a message is a reply, and to which request.</summary>
    bool TryGetReplyId(TIn message, out long id);
}
