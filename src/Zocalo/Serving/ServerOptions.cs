using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Zocalo;

/// <summary>How to serve. Immutable.</summary>
public sealed record ServerOptions
{
    /// <summary>The defaults.</summary>
    public ServerOptions()
    {
    }

    private ServerOptions(ServerOptions other)
    {
        Engine = other.Engine;
        Placement = other.Placement;
        Backlog = other.Backlog;
        PerLoop = other.PerLoop;
        UnixMode = other.UnixMode;
        Admission = other.Admission;
        MaxConnections = other.MaxConnections;
        DrainTimeout = other.DrainTimeout;
        Connection = other.Connection;
        Deadlines = other.Deadlines;
        Messaging = other.Messaging;
        Logger = other.Logger;
        Time = other.Time;
    }

    /// <summary>The defaults. Each call makes a new instance, so code that fills one in (a configuration binder does) changes no
    /// other.</summary>
    public static ServerOptions Default => new();

    /// <summary>Which engine drives the connections; <see cref="Engine.Auto"/> unless set.</summary>
    public Engine Engine { get; init; } = Engine.Auto;

    /// <summary>Where handlers run: <see cref="HandlerPlacement.Engine"/> unless set.</summary>
    public HandlerPlacement Placement { get; init; }

    /// <summary>
    /// How many connections the kernel keeps until they are accepted: 512 unless set, at least 1. The system may lower it
    /// (net.core.somaxconn, listen(2)).
    /// </summary>
    public int Backlog { get; init => field = ListenOptions.CheckBacklog(value); } = ListenOptions.DefaultBacklog;

    /// <summary>
    /// Whether each event loop of <c>epoll</c> or <c>select</c> accepts by itself, from a queue of its own, as
    /// <see cref="ListenOptions.PerLoop"/> says. False unless set.
    /// </summary>
    public bool PerLoop { get; init; }

    /// <summary>Who may connect to a Unix socket's path, as <see cref="ListenOptions.UnixMode"/> says: 0600 unless set.</summary>
    public UnixFileMode UnixMode { get; init; } = ListenOptions.Default.UnixMode;

    /// <summary>
    /// How many connections are served at the same time; more wait in the backlog. Unlimited unless set, but never more than the
    /// descriptors that the process may open (RLIMIT_NOFILE, getrlimit(2)) less 64 for everything else.
    /// <see cref="SocketServer.MaxConnections"/> is the resulting limit. At least 1.
    /// </summary>
    public int MaxConnections
    {
        get;
        init => field = value >= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MaxConnections), value, $"MaxConnections is {value}; it must be at least 1.");
    } = int.MaxValue;

    /// <summary>Who may connect, how many times, and how fast; everybody unless set. The setter copies it, so no two options share one
    /// instance.</summary>
    public AdmissionOptions Admission
    {
        get;
        init => field = (value ?? throw new ArgumentNullException(nameof(Admission))) with { };
    } = new();

    /// <summary>
    /// How long <see cref="SocketServer.StopAsync"/> waits for everything to end by itself before it aborts the rest. One limit covers the
    /// clients in the backlog, messages that have begun, handlers, and the peers' FINs. 30 s unless set;
    /// <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    public TimeSpan DrainTimeout { get; init => field = ConnectionOptions.Positive(value, nameof(DrainTimeout)); } =
        TimeSpan.FromSeconds(30);

    /// <summary>The limits of each connection. The setter copies them, so no two options share one instance.</summary>
    public ConnectionOptions Connection
    {
        get;
        init => field = (value ?? throw new ArgumentNullException(nameof(Connection))) with { };
    } = new();

    /// <summary>The limits for messages, if the connections carry messages.</summary>
    public MessagingOptions Messaging
    {
        get;
        init => field = (value ?? throw new ArgumentNullException(nameof(Messaging))) with { };
    } = new();

    /// <summary>How long the peers may take. Null, as unless set, and each null in it: 10 minutes without any movement, and 240 bytes a
    /// second in the middle of a message; no other limit.</summary>
    public Deadlines? Deadlines { get; init; }

    /// <summary>Where events are logged; nowhere unless set.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The clock for timeouts; the engine's own unless set.</summary>
    public TimeProvider? Time { get; init; }
}
