namespace Zocalo;

/// <summary>
/// What a server does with one connection. When the handler returns, the connection is closed in good order. When it throws, the connection
/// is aborted, and the other connections are not affected.
/// </summary>
/// <param name="connection">The connection. The server owns and closes it.</param>
/// <param name="cancellationToken">Fires when the connection breaks or is aborted, not when the server drains: see
/// <see cref="Connection.Draining"/>.</param>
public delegate Task ConnectionHandler(Connection connection, CancellationToken cancellationToken);
