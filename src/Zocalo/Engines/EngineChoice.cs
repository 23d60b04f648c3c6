namespace Zocalo.Engines;

/// <summary>Which engine <see cref="Engine.Auto"/> is in this process, and why. Decided once.</summary>
internal sealed record EngineChoice(Engine Engine, string Reason, bool IsSecondChoice = false)
{
    /// <summary>An engine's name, and perhaps <c>,strict</c>.</summary>
    internal const string Variable = "ZOCALO_ENGINE";

    private static readonly Lazy<EngineChoice> Made = new(() => Make(Environment.GetEnvironmentVariable(Variable)));

    internal static EngineChoice Current => Made.Value;

    internal static EngineChoice Make(string? asked)
    {
        if (string.IsNullOrWhiteSpace(asked) || EngineList.IsAuto(EngineList.Split(asked).Name))
        {
            return new(Engine.Async, "the one that Zocalo recommends here");
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
