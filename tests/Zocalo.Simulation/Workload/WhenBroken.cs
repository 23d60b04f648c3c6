using System.Runtime.CompilerServices;

namespace Zocalo.Simulation.Workload;

/// <summary>The message of a check that fails. It is built only then, because most checks pass.</summary>
[InterpolatedStringHandler]
internal ref struct WhenBroken
{
    private DefaultInterpolatedStringHandler _words;

    public WhenBroken(int literalLength, int formattedCount, bool holds, out bool isNeeded)
    {
        isNeeded = !holds;
        _words = holds ? default : new(literalLength, formattedCount);
    }

    public void AppendLiteral(string value) => _words.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => _words.AppendFormatted(value);

    internal string Take() => _words.ToStringAndClear();
}
