namespace Zocalo.Contract.Harness;

/// <summary>What the system holds for an engine: descriptors of this process, or a network's open ends.</summary>
internal static class Held
{
    internal static int CountFor(Site site) => site.Engine is SimulatedHost network ? network.OpenCount : Descriptors.Count;
}
