namespace Zocalo.Tests.Architecture.Planted;

/// <summary>And back again, by a field.</summary>
internal sealed class Pong
{
    private Ping? _back;

    internal int Answer()
    {
        _back ??= new();
        return 1;
    }
}
