namespace Zocalo.Engines;

/// <summary>
/// Makes an engine of its name, for configuration binders. An engine that cannot run here is refused, with the sentence of
/// <see cref="Engine.TryChoose"/>: a converter has nowhere to say that another one took its place.
/// </summary>
internal sealed class EngineConverter() : TextConverter(static choice =>
    EngineList.TryFind(EngineList.Split(choice).Name, out var engine, out var reason) ? engine : throw new FormatException(reason));
