using Zocalo.Testing;

namespace Zocalo.Simulation.Workload;

/// <summary>One end of a connection: what its program did with it and how it ended.</summary>
internal sealed class Side
{
    /// <summary>The whole messages, or bytes, that the connection accepted; they arrive unless it breaks.</summary>
    internal long Accepted { get; set; }

    /// <summary>In addition: those of sends that were given up, which may or may not have been accepted.</summary>
    internal long Unsure { get; set; }

    /// <summary>The whole messages, or bytes, that its program got.</summary>
    internal long Got { get; set; }

    /// <summary>Whether its program has read the end of the input.</summary>
    internal bool SawEnd { get; set; }

    /// <summary>Whether its program aborted it, or a drain that took too long did.</summary>
    internal bool IsCut { get; set; }

    /// <summary>When its server began to stop, if it has.</summary>
    internal TimeSpan? DrainingSince { get; set; }

    internal bool WasDraining => DrainingSince is not null;

    /// <summary>When its program had no more to send and closed it, or returned from its handler.</summary>
    internal TimeSpan? DoneAt { get; set; }

    /// <summary>Whether its program copies its input to its output and counts nothing.</summary>
    internal bool IsUncounted { get; set; }

    /// <summary>The reason in the exception of an operation on the broken connection.</summary>
    internal EndReason? Told { get; set; }

    internal ConnectionEnd? End { get; private set; }

    internal TimeSpan? EndedAt { get; private set; }

    /// <summary>How often its end was reported: once.</summary>
    internal int Ends { get; private set; }

    internal async Task ObserveAsync(Connection connection, SimulatedTime time)
    {
        End = await connection.Closed;
        EndedAt = time.Elapsed;
        Ends++;
    }
}
