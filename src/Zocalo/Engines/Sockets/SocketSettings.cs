using System.Net;

namespace Zocalo.Engines.Sockets;

/// <summary>How a socket is set up: what the system itself does with it.</summary>
/// <param name="KeepAliveTime"><see cref="ConnectionOptions.KeepAliveTime"/>.</param>
/// <param name="WriteStallTimeout"><see cref="ConnectionOptions.WriteStallTimeout"/>.</param>
internal readonly record struct SocketSettings(TimeSpan KeepAliveTime, TimeSpan WriteStallTimeout)
{
    /// <summary><see cref="ConnectionOptions.SendBufferSize"/>; null: the system's.</summary>
    internal int? SendBufferSize { get; init; }

    /// <summary><see cref="ConnectionOptions.ReceiveBufferSize"/>; null: the system's.</summary>
    internal int? ReceiveBufferSize { get; init; }

    /// <summary>Where a connecting socket is bound before; null: the system chooses.</summary>
    internal IPEndPoint? Source { get; init; }

    /// <summary>The mode of a listening Unix socket's file; null: its owner's alone (0600).</summary>
    internal UnixFileMode? UnixMode { get; init; }
}
