namespace Zocalo;

/// <summary>Serves one connection's messages. When it returns, the connection is closed in good order; when it throws, the connection is
/// aborted.</summary>
/// <param name="peer">The connection, which the server closes.</param>
/// <param name="cancellationToken">Fires when the connection breaks, not at a drain.</param>
public delegate Task MessageHandler<TIn, TOut>(FramedConnection<TIn, TOut> peer, CancellationToken cancellationToken);
