namespace Zocalo.Tests.Architecture.Planted;

/// <summary>Uses the other folder inside a method only: <see cref="LayerTests"/> has to see that.</summary>
internal sealed class Ping
{
    private readonly int _more = 1;

    internal int Answer() => new Pong().Answer() + _more;
}
