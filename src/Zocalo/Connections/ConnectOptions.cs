using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Zocalo;

/// <summary>How to connect. Immutable.</summary>
public sealed record ConnectOptions
{
    /// <summary>The defaults.</summary>
    public ConnectOptions()
    {
    }

    private ConnectOptions(ConnectOptions other)
    {
        Engine = other.Engine;
        Timeout = other.Timeout;
        Connection = other.Connection;
        Messaging = other.Messaging;
        Logger = other.Logger;
        Time = other.Time;
        MeterFactory = other.MeterFactory;
    }

    /// <summary>The defaults. Each call makes a new instance, so code that fills one in (a configuration binder does) changes no
    /// other.</summary>
    public static ConnectOptions Default => new();

    /// <summary>Which engine drives the connection; <see cref="Engine.Auto"/> unless set.</summary>
    public Engine Engine { get; init; } = Engine.Auto;

    /// <summary>How long resolving and connecting may take together: 30 s unless set,
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    public TimeSpan Timeout { get; init => field = ConnectionOptions.Positive(value, nameof(Timeout)); } = TimeSpan.FromSeconds(30);

    /// <summary>The connection's limits. The setter copies them, so no two options share one instance.</summary>
    public ConnectionOptions Connection
    {
        get;
        init => field = (value ?? throw new ArgumentNullException(nameof(Connection))) with { };
    } = new();

    /// <summary>The limits for messages, if the connection carries messages.</summary>
    public MessagingOptions Messaging
    {
        get;
        init => field = (value ?? throw new ArgumentNullException(nameof(Messaging))) with { };
    } = new();

    /// <summary>Where events are logged; nowhere unless set.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The clock for timeouts; the engine's own unless set.</summary>
    public TimeProvider? Time { get; init; }

    /// <summary>Makes the meter <c>Zocalo</c> on which the connection is measured, as <see cref="ServerOptions.MeterFactory"/>.</summary>
    public IMeterFactory? MeterFactory { get; init; }
}
