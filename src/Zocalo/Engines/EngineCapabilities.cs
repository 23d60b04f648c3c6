namespace Zocalo;

/// <summary>What an engine has that others lack.</summary>
[Flags]
public enum EngineCapabilities
{
    /// <summary>Nothing of this: it has no threads of its own.</summary>
    None = 0,

    /// <summary>Event loops, each with many connections; <see cref="EngineOptions.Loops"/> says how many.</summary>
    Loops = 1,

    /// <summary>It can take a loop over from a handler that blocks it, unless <see cref="EngineOptions.Rescue"/> forbids that.</summary>
    Rescue = 2,

    /// <summary>A thread for each connection.</summary>
    ThreadPerConnection = 4,
}
