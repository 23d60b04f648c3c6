namespace Zocalo.Messaging;

/// <summary>How a protocol recognises a reply: by its number, or (without a correlation) by its position in the order.</summary>
/// <param name="Correlation">Says where the number is; null if replies come in the order of their requests.</param>
/// <param name="IsReply">For replies in order: whether a message is a reply; null if all are.</param>
internal sealed record ReplyRule<TIn, TOut>(ICorrelation<TIn, TOut>? Correlation, Func<TIn, bool>? IsReply);
