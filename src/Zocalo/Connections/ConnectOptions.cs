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
        Source = other.Source;
        Connection = other.Connection;
        Deadlines = other.Deadlines;
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

    /// <summary>
    /// Where the connection comes from, on a machine with several addresses: such as <c>127.0.0.2:0</c>, with port 0 for any free port.
    /// Null, the default, lets the system choose. For TCP; of a name with several addresses those of the same kind are tried (IPv4 or
    /// IPv6).
    /// </summary>
    /// <exception cref="ArgumentException">It is not an IP address with a port.</exception>
    public Address? Source
    {
        get;
        init => field = value is null or TcpAddress { Literal: not null } ? value : throw new ArgumentException(
            $"Source is {value}; it must be an IP address of this machine and a port, such as 127.0.0.2:0.", nameof(Source));
    }

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

    /// <summary>How long the peer may take. Null, as unless set, and each null in it: no limit.</summary>
    public Deadlines? Deadlines { get; init; }

    /// <summary>Where events are logged; nowhere unless set.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The clock for timeouts; the engine's own unless set.</summary>
    public TimeProvider? Time { get; init; }

    /// <summary>Makes the meter <c>Zocalo</c> on which the connection is measured, as <see cref="ServerOptions.MeterFactory"/>.</summary>
    public IMeterFactory? MeterFactory { get; init; }
}
