namespace Zocalo;

/// <summary>Turns a connection of bytes into one of messages.</summary>
public static class FramedConnection
{
    extension(Connection connection)
    {
        /// <summary>Reads and writes frames from now on; bytes that were read before are not read again. After this call the connection's
        /// own input and output throw.</summary>
        /// <exception cref="ArgumentException">The longest frame is longer than the connection's
        /// <see cref="ConnectionOptions.ReceiveLimit"/>: it would never arrive.</exception>
        /// <exception cref="InvalidOperationException">It is framed already.</exception>
        public FramedConnection<Frame, Frame> AsFramed(FrameFormat format, MessagingOptions? options = null) =>
            connection.AsFramed(Protocol.Of(format), options);

        /// <summary>Reads and writes messages from now on; bytes that were read before are not read again. After this call the connection's
        /// own input and output throw.</summary>
        /// <exception cref="ArgumentException">The longest frame is longer than the connection's
        /// <see cref="ConnectionOptions.ReceiveLimit"/>: it would never arrive.</exception>
        /// <exception cref="InvalidOperationException">It is framed already.</exception>
        public FramedConnection<TIn, TOut> AsFramed<TIn, TOut>(Protocol<TIn, TOut> protocol, MessagingOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(protocol);
            return new(connection, protocol, options ?? MessagingOptions.Shared);
        }
    }

    /// <summary>Options that let the longest frame of a format arrive: <see cref="ConnectionOptions.ReceiveLimit"/> is raised to its length
    /// if it is lower. For connections that become framed after they were made.</summary>
    public static ConnectionOptions WithRoomFor(this ConnectionOptions options, FrameFormat format)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(format);
        return format.MaxWireLength <= options.ReceiveLimit
            ? options
            : options with { ReceiveLimit = (int)Math.Min(format.MaxWireLength, int.MaxValue) };
    }
}
