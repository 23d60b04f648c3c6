namespace Zocalo;

// Servers whose connections carry messages.
public sealed partial class SocketServer
{
    /// <summary>Listens, and serves every connection as a stream of frames. Otherwise as
    /// <see cref="StartAsync(Address, ConnectionHandler, ServerOptions?, CancellationToken)"/>.</summary>
    /// <param name="address">Such as <c>tcp://127.0.0.1:7000</c>.</param>
    /// <param name="format">How messages are framed.</param>
    /// <param name="handler">Runs once for each connection, many at the same time. If it lets a <see cref="FrameException"/> through, its
    /// connection ends in good order, with that reason.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the start; it does not stop a started server.</param>
    public static Task<SocketServer> StartAsync(
        Address address, FrameFormat format, MessageHandler<Frame, Frame> handler, ServerOptions? options =
            null, CancellationToken cancellationToken = default) =>
        StartAsync(address, Protocol.Of(format), handler, options, cancellationToken);

    /// <summary>Listens, and serves every connection as a stream of messages. Otherwise as
    /// <see cref="StartAsync(Address, ConnectionHandler, ServerOptions?, CancellationToken)"/>.</summary>
    /// <param name="address">Such as <c>tcp://127.0.0.1:7000</c>.</param>
    /// <param name="protocol">How messages are framed, and what they mean.</param>
    /// <param name="handler">Runs once for each connection, many at the same time. If it lets a <see cref="FrameException"/> through, its
    /// connection ends in good order, with that reason.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the start; it does not stop a started server.</param>
    public static Task<SocketServer> StartAsync<TIn, TOut>(
        Address address, Protocol<TIn, TOut> protocol, MessageHandler<TIn, TOut> handler, ServerOptions? options =
            null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(protocol);
        ArgumentNullException.ThrowIfNull(handler);
        var chosen = options ?? ServerOptions.Default;
        chosen = chosen with { Connection = chosen.Connection.WithRoomFor(protocol.Format) };
        return StartNamedAsync(
            [address],
            (connection, aborted) => handler(new FramedConnection<TIn, TOut>(connection, protocol, chosen.Messaging), aborted),
            named: handler,
            chosen,
            cancellationToken);
    }
}
