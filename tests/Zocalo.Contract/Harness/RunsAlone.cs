namespace Zocalo.Contract.Harness;

/// <summary>For claims that take the whole machine, or count what the whole process holds: one after the other, when all others are
/// done.</summary>
[CollectionDefinition(nameof(RunsAlone), DisableParallelization = true)]
public sealed class RunsAlone;
