namespace Zocalo.Messaging;

/// <summary>How a protocol tells a reply: by its number, or (without a correlation) by its place in the order.</summary>
/// <param name="Correlation">Where the number is; null if replies come in the order of their requests.</param>
/// <param name="IsReply">In order: which messages are replies; null if all are.</param>
internal sealed record ReplyRule<TIn, TOut>(ICorrelation<TIn, TOut>? Correlation, Func<TIn, bool>? IsReply);
