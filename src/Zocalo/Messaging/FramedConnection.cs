namespace Zocalo;

/// <summary>Makes a connection of bytes one of messages.</summary>
public static class FramedConnection
{
    extension(Connection connection)
    {
        /// <summary>Frames from here on: what was read as bytes before stays read. The connection's own input and output throw from now
        /// on.</summary>
        /// <exception cref="ArgumentException">The longest frame is longer than the connection's
        /// <see cref="ConnectionOptions.ReceiveLimit"/>: it would never arrive.</exception>
        /// <exception cref="InvalidOperationException">It is framed already.</exception>
        public FramedConnection<Frame, Frame> AsFramed(FrameFormat format, MessagingOptions? options = null) =>
            connection.AsFramed(Protocol.Of(format), options);

        /// <summary>Messages from here on: what was read as bytes before stays read. The connection's own input and output throw from now
        /// on.</summary>
        /// <exception cref="ArgumentException">The longest frame is longer than the connection's
        /// <see cref="ConnectionOptions.ReceiveLimit"/>: it would never arrive.</exception>
        /// <exception cref="InvalidOperationException">It is framed already.</exception>
        public FramedConnection<TIn, TOut> AsFramed<TIn, TOut>(Protocol<TIn, TOut> protocol, MessagingOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(protocol);
            return new(connection, protocol, options ?? MessagingOptions.Shared);
        }
    }

    /// <summary>Options under which the longest frame of a format arrives: <see cref="ConnectionOptions.ReceiveLimit"/> is raised to it
    /// where it is lower. For connections that become framed after they were made.</summary>
    public static ConnectionOptions WithRoomFor(this ConnectionOptions options, FrameFormat format)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(format);
        return format.MaxWireLength <= options.ReceiveLimit
            ? options
            : options with { ReceiveLimit = (int)Math.Min(format.MaxWireLength, int.MaxValue) };
    }
}
