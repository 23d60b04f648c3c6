namespace Zocalo;

/// <summary>
/// Decides about one peer that wants to connect: a rule of one's own, or a limiter's lease (<c>System.Threading.RateLimiting</c>).
/// </summary>
/// <remarks>
/// It is called for one connection after the other while others wait to be accepted, so it must not block; with
/// <see cref="ServerOptions.PerLoop"/> or several addresses, from several threads at once. If it throws, the peer is refused and the log
/// says why; accepting goes on.
/// </remarks>
/// <param name="peer">Who connects; a client of a Unix socket has usually no name (<see cref="UnixAddress.Unnamed"/>).</param>
/// <returns>
/// Null refuses the peer. Anything else admits it and is disposed exactly once when its connection has ended; of a server's, when its
/// handler has returned as well.
/// </returns>
public delegate IDisposable? Admission(Address peer);
