namespace Zocalo.Simulation.Workload;

/// <summary>The faults that affected a connection, a host or a link, according to the trace: possible causes of an end.</summary>
[Flags]
internal enum Hits
{
    None = 0,

    /// <summary>A simulated RST.</summary>
    Reset = 1,

    /// <summary>One machine has lost the connection.</summary>
    Forgotten = 2,

    /// <summary>A send failed because there were no buffers.</summary>
    NoBuffers = 4,

    /// <summary>Nothing passes any more.</summary>
    Died = 8,

    /// <summary>A FIN was lost.</summary>
    LostFin = 16,

    /// <summary>Bytes were held: a stall, a closed window, a slow reader, a delay.</summary>
    HeldUp = 32,
}

/// <summary>The faults of one run, read from its trace.</summary>
internal sealed class Evidence
{
    private readonly Dictionary<int, Hits> _connections = [];
    private readonly HashSet<string> _crashed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _down = new(StringComparer.Ordinal);

    internal Evidence(string trace)
    {
        foreach (var line in trace.AsSpan().EnumerateLines())
        {
            if (line.Length > 0)
            {
                Read(line[(line.IndexOf('.') + 8)..]);      // after the time
            }
        }
    }

    /// <summary>Some link lost segments.</summary>
    internal bool HasLoss { get; private set; }

    internal Hits Of(Conversation talk) => _connections.GetValueOrDefault(talk.Number);

    internal bool Crashed(Conversation talk) => _crashed.Contains(talk.ClientHost) || _crashed.Contains(Stage.ServerHost);

    internal bool ServerCrashed => _crashed.Contains(Stage.ServerHost);

    internal bool WasCutOff(Conversation talk) =>
        _down.Contains($"{talk.ClientHost}>{Stage.ServerHost}") || _down.Contains($"{Stage.ServerHost}>{talk.ClientHost}");

    private void Read(ReadOnlySpan<char> line)
    {
        if (line.EndsWith(" crashes"))
        {
            _crashed.Add(line[1..^" crashes".Length].ToString());
        }
        else if (line.EndsWith(" is down"))
        {
            _down.Add(line[1..^" is down".Length].ToString());
        }
        else if (line.IndexOf(" fault: ") is var at and > 0 && line.StartsWith(" #"))
        {
            var what = line[(at + " fault: ".Length)..];
            var number = int.Parse(line[2..at], System.Globalization.CultureInfo.InvariantCulture);
            _connections[number] = _connections.GetValueOrDefault(number) | HitBy(what);
            HasLoss |= what.Contains("Loss", StringComparison.Ordinal);
        }
    }

    private static Hits HitBy(ReadOnlySpan<char> what) => what switch
    {
        "is reset" => Hits.Reset,
        "dies in silence" => Hits.Died,
        "the FIN is lost" => Hits.LostFin,
        _ when what.StartsWith("is forgotten") => Hits.Forgotten,
        _ when what.StartsWith("the send fails") => Hits.NoBuffers,
        _ when what.Contains("stalls for", StringComparison.Ordinal) || what.Contains("has no window", StringComparison.Ordinal)
            || what.Contains("is read at", StringComparison.Ordinal) || what.Contains("is delayed", StringComparison.Ordinal)
            || what.Contains("coalesces", StringComparison.Ordinal) || what.Contains("dribbles", StringComparison.Ordinal) => Hits.HeldUp,
        _ => Hits.None,
    };
}
