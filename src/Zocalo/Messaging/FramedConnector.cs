namespace Zocalo;

/// <summary>Connects to servers whose connections carry messages.</summary>
/// <remarks>These are extensions because with overloads in <see cref="Connector"/> the call <c>ConnectAsync(address, new() { … })</c> would
/// be ambiguous.</remarks>
public static class FramedConnector
{
    extension(Connector)
    {
        /// <summary>Connects, and reads and writes frames. Otherwise as <see cref="Connector.ConnectAsync"/>.</summary>
        /// <param name="address">Such as <c>tcp://127.0.0.1:7000</c>.</param>
        /// <param name="format">How messages are framed.</param>
        /// <param name="options">Null for the defaults.</param>
        /// <param name="cancellationToken">Gives up.</param>
        public static Task<FramedConnection<Frame, Frame>> ConnectAsync(
            Address address, FrameFormat format, ConnectOptions? options = null, CancellationToken cancellationToken = default) =>
            ConnectAsync(address, Protocol.Of(format), options, cancellationToken);

        /// <summary>Connects, and reads and writes messages. Otherwise as <see cref="Connector.ConnectAsync"/>.</summary>
        /// <param name="address">Such as <c>tcp://127.0.0.1:7000</c>.</param>
        /// <param name="protocol">How messages are framed, and what they mean.</param>
        /// <param name="options">Null for the defaults.</param>
        /// <param name="cancellationToken">Gives up.</param>
        public static Task<FramedConnection<TIn, TOut>> ConnectAsync<TIn, TOut>(
            Address address, Protocol<TIn, TOut> protocol, ConnectOptions? options = null, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(protocol);
            var chosen = options ?? ConnectOptions.Default;
            chosen = chosen with { Connection = chosen.Connection.WithRoomFor(protocol.Format) };
            return chosen.Engine.Run(async () =>
            {
                var connection = await Connector.ConnectAsync(address, chosen, cancellationToken);
                try
                {
                    return new FramedConnection<TIn, TOut>(connection, protocol, chosen.Messaging);
                }
                catch
                {
                    connection.Abort();
                    throw;
                }
            });
        }
    }
}
