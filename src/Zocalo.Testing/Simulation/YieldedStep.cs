namespace Zocalo.Testing.Simulation;

/// <summary>A step that lets others go first. What awaits it goes on inside it, on the simulation's thread.</summary>
internal sealed class YieldedStep : IThreadPoolWorkItem
{
    private readonly TaskCompletionSource _over = new();

    internal Task Over => _over.Task;

    /// <summary>Its turn has come. Again is the same as once.</summary>
    public void Execute() => _over.TrySetResult();
}
