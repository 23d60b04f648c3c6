namespace Zocalo.Contract.Rows;

/// <summary>What a claim needs of the world in which it runs.</summary>
public enum Needs
{
    /// <summary>An engine.</summary>
    Nothing,

    /// <summary>Threads of its own: it blocks one, races with one, or brings a place of its own where awaits go on.</summary>
    Threads,

    /// <summary>The garbage collector, whose time is its own: the finalizer reports on a thread of the pool.</summary>
    Collector,
}
