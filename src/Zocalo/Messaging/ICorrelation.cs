namespace Zocalo;

/// <summary>Says where a message carries the number that matches a reply with its request. Many connections call it at the same
/// time.</summary>
public interface ICorrelation<TIn, TOut>
{
    /// <summary>The greatest number that a message can carry. Numbers run from 1 to this one and then start again. A number is free again
    /// when its request has ended, also by a timeout. So if this number is small, a very late reply can be matched with a newer
    /// request.</summary>
    long GreatestId => long.MaxValue;

    /// <summary>Returns the request with this number in it.</summary>
    TOut WithId(TOut request, long id);

    /// <summary>Whether a message is a reply, and to which request.</summary>
    bool TryGetReplyId(TIn message, out long id);
}
