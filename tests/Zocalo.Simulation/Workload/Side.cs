using Zocalo.Testing;

namespace Zocalo.Simulation.Workload;

/// <summary>One end of a connection: what its program did with it, and how it ended.</summary>
internal sealed class Side
{
    /// <summary>Whole messages, or bytes, that the connection accepted: they arrive, unless it breaks.</summary>
    internal long Accepted { get; set; }

    /// <summary>On top of them: those of which a send that gave up may or may not have been accepted.</summary>
    internal long Unsure { get; set; }

    /// <summary>Whole messages, or bytes, that its program got.</summary>
    internal long Got { get; set; }

    /// <summary>Reading told its program that nothing more comes.</summary>
    internal bool SawEnd { get; set; }

    /// <summary>Its program has cut it, or another did in its place: a drain that took too long.</summary>
    internal bool IsCut { get; set; }

    /// <summary>When its server began to stop, if it did.</summary>
    internal TimeSpan? DrainingSince { get; set; }

    internal bool WasDraining => DrainingSince is not null;

    /// <summary>When its program had no more to send and closed it, or returned from its handler.</summary>
    internal TimeSpan? DoneAt { get; set; }

    /// <summary>Its program copies its input to its output, and counts nothing.</summary>
    internal bool IsUncounted { get; set; }

    /// <summary>What an operation said when it found the connection broken.</summary>
    internal EndReason? Told { get; set; }

    internal ConnectionEnd? End { get; private set; }

    internal TimeSpan? EndedAt { get; private set; }

    /// <summary>How often its end was told: once.</summary>
    internal int Ends { get; private set; }

    internal async Task ObserveAsync(Connection connection, SimulatedTime time)
    {
        End = await connection.Closed;
        EndedAt = time.Elapsed;
        Ends++;
    }
}
