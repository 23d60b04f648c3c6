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
    internal static EngineChoice Make(string? asked)
    {
        if (string.IsNullOrWhiteSpace(asked) || EngineList.IsAuto(EngineList.Split(asked).Name))
        {
            return EngineList.TryFind("epoll", out var epoll, out var whyNot)
                ? new(epoll, "the one that Zocalo recommends on Linux")
                : FallBack(whyNot);
        }
        if (!Engine.TryChoose(asked, EngineOptions.Default, out var engine, out var reason))
        {
            return new(new RefusedEngine($"{Variable} is '{asked}': {reason}"), reason!);
        }
        return reason is null
            ? new(engine, $"{Variable} asks for it")
            : new(engine, $"{Variable} is '{asked}': {reason}", IsSecondChoice: true);
    }

    /// <summary>Linux's engine cannot run here.</summary>
    internal static EngineChoice FallBack(string whyNot) =>
        new(Engine.Async, $"{whyNot}; the engine async is used", IsSecondChoice: true);
}
