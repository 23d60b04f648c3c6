namespace Zocalo.Testing.Simulation;

/// <summary>The code that has left the simulation's thread. Thread-safe.</summary>
internal sealed class EscapeLog
{
    // The first ones are enough to find the cause.
    private const int Most = 5;

    private readonly List<string> _escapes = [];

    internal bool IsEmpty
    {
        get
        {
            lock (_escapes)
            {
                return _escapes.Count == 0;
            }
        }
    }

    internal void Add(string escape)
    {
        lock (_escapes)
        {
            if (_escapes.Count < Most)
            {
                _escapes.Add(escape);
            }
        }
    }

    public override string ToString()
    {
        lock (_escapes)
        {
            return string.Join(Environment.NewLine + Environment.NewLine, _escapes);
        }
    }
}
