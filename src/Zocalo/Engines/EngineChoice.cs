namespace Zocalo.Engines;

/// <summary>Which engine <see cref="Engine.Auto"/> is in this process, and why. Decided once.</summary>
internal sealed record EngineChoice(Engine Engine, string Reason, bool IsSecondChoice = false)
{
    /// <summary>An engine's name, and perhaps <c>,strict</c>.</summary>
    internal const string Variable = "ZOCALO_ENGINE";

    private static readonly Lazy<EngineChoice> Made = new(() => Make(Environment.GetEnvironmentVariable(Variable)));

    private int _told;

    internal static EngineChoice Current => Made.Value;

    /// <summary>For whoever tells the operator of a second choice: in each process once.</summary>
    /// <returns>True for the first caller, if it is one.</returns>
    internal bool TryTell() => IsSecondChoice && Interlocked.Exchange(ref _told, 1) == 0;

    /// <param name="asked">What the environment says; null when it says nothing.</param>
    internal static EngineChoice Make(string? asked) =>
        Make(asked, EngineList.TryFind("epoll", out var epoll, out var reason) ? epoll : null, reason);

    /// <param name="asked">What the environment says; null when it says nothing.</param>
    /// <param name="recommended">The first choice; null when it cannot run here.</param>
    /// <param name="whyNot">Then why not.</param>
    internal static EngineChoice Make(string? asked, Engine? recommended, string? whyNot)
    {
        if (string.IsNullOrWhiteSpace(asked) || EngineList.IsAuto(EngineList.Split(asked).Name))
        {
            return recommended is not null
                ? new(recommended, "the one that Zocalo recommends on Linux")
                : new(Engine.Async, $"{whyNot}; the engine async is used", IsSecondChoice: true);
        }
        if (!Engine.TryChoose(asked, EngineOptions.Default, out var engine, out var reason))
        {
            return new(new RefusedEngine($"{Variable} is '{asked}': {reason}"), reason!);
        }
        return reason is null
            ? new(engine, $"{Variable} asks for it")
            : new(engine, $"{Variable} is '{asked}': {reason}", IsSecondChoice: true);
    }
}
