namespace Zocalo.Simulation.Workload;

internal enum Service
{
    Echo,
    ByNumber,
    InOrder,
    Directory,
    Source,
    Sink,
}

/// <summary>One connection, seen from both ends: the object of the invariant.</summary>
/// <param name="Stream">Its number in the workload.</param>
/// <param name="Number">Its number in the trace.</param>
/// <param name="Service">The service on it.</param>
/// <param name="ClientHost">The host of its client.</param>
internal sealed record Conversation(int Stream, int Number, Service Service, string ClientHost)
{
    internal Side Client { get; } = new();

    internal Side Server { get; } = new();

    /// <summary>Whether a server's handler has it.</summary>
    internal bool IsServed { get; set; }

    /// <summary>Whether a later login has taken its key.</summary>
    internal bool IsReplaced { get; set; }

    /// <summary>Whether it is counted in bytes, not in messages.</summary>
    internal bool IsRaw => Service is Service.Echo or Service.Source or Service.Sink;

    public override string ToString() => $"#{Number} ({Service}, stream {Stream})";
}
