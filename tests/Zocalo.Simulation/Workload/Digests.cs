using Zocalo.Testing;

namespace Zocalo.Simulation.Workload;

/// <summary>The digest of a run's trace: the same for the same seed, wherever and whenever it runs.</summary>
internal static class Digests
{
    internal static async Task<string> OfAsync(ulong seed, int connections)
    {
        await using var net = new SimulatedNetwork(seed) { YieldRatio = 0.1 };
        await Run.OnAsync(net, connections, FaultMix.All, new Tally());
        return net.Trace.Digest;
    }
}
