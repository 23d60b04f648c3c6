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

/// <summary>One connection, from both ends: what the invariant is checked on.</summary>
/// <param name="Stream">Its number in the workload.</param>
/// <param name="Number">Its number in the trace.</param>
/// <param name="Service">What is talked.</param>
/// <param name="ClientHost">Where its client runs.</param>
internal sealed record Conversation(int Stream, int Number, Service Service, string ClientHost)
{
    internal Side Client { get; } = new();

    internal Side Server { get; } = new();

    /// <summary>A server's handler has got it.</summary>
    internal bool IsServed { get; set; }

    /// <summary>A later login took its key.</summary>
    internal bool IsReplaced { get; set; }

    /// <summary>Counted in bytes; otherwise in messages.</summary>
    internal bool IsRaw => Service is Service.Echo or Service.Source or Service.Sink;

    public override string ToString() => $"#{Number} ({Service}, stream {Stream})";
}
