namespace Zocalo.Engines.Sockets;

/// <summary>By which the system itself gives a connection up: <see cref="ConnectionOptions.KeepAliveTime"/> and
/// <see cref="ConnectionOptions.WriteStallTimeout"/>.</summary>
internal readonly record struct SocketTimeouts(TimeSpan KeepAliveTime, TimeSpan WriteStallTimeout);
