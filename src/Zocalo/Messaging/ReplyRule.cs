namespace Zocalo.Messaging;

/// <summary>How a protocol recognises a reply: by its number, or (without a correlation) by its position in the order.</summary>
/// <param name="Correlation">Says where the number is; null if replies come in the order of their requests.</param>
/// <param name="IsReply">For replies in order: whether a message is a reply; null if all are.</param>
internal sealed record ReplyRule<TIn, TOut>(ICorrelation<TIn, TOut>? Correlation, Func<TIn, bool>? IsReply);

/// <summary>How a protocol asks whether the peer is alive.</summary>
/// <param name="Ping">The frame to send, as on the wire.</param>
/// <param name="Interval">Of silence before a ping.</param>
/// <param name="Misses">How many may stay unanswered.</param>
/// <param name="IsPong">Which messages the reader does not get; null: it gets all.</param>
internal sealed record HeartbeatRule<TIn>(Frame Ping, TimeSpan Interval, int Misses, Func<TIn, bool>? IsPong);
