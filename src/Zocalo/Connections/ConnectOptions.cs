using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Zocalo;

/// <summary>How to connect. Immutable.</summary>
public sealed record ConnectOptions
{
    /// <summary>The defaults.</summary>
    public static ConnectOptions Default { get; } = new();

    /// <summary>Which engine drives the connection; <see cref="Engine.Auto"/> unless set.</summary>
    public Engine Engine { get; init; } = Engine.Auto;

    /// <summary>How long resolving and connecting may take together: 30 s unless set, <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    public TimeSpan Timeout { get; init => field = ConnectionOptions.Positive(value, nameof(Timeout)); } = TimeSpan.FromSeconds(30);

    /// <summary>The connection's limits.</summary>
    public ConnectionOptions Connection { get; init; } = ConnectionOptions.Default;

    /// <summary>The limits of a connection's messages, where it carries messages.</summary>
    public MessagingOptions Messaging { get; init; } = MessagingOptions.Default;

    /// <summary>Where events are logged; nowhere unless set.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The clock for timeouts; the engine's own unless set.</summary>
    public TimeProvider? Time { get; init; }
}
