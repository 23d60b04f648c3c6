using Zocalo.Serving;

namespace Zocalo;

// What the control socket shows.
public sealed partial class SocketServer
{
    private readonly long _began;       // by the clock of the connections

    /// <summary>What the server is doing now.</summary>
    internal ServerSnapshot TakeSnapshot() => _served.TakeSnapshot(_began, RefusedCount);
}
