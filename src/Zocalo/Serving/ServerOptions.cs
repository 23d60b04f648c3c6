using System.Diagnostics.Metrics;
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
        DrainGrace = other.DrainGrace;
        Connection = other.Connection;
        Deadlines = other.Deadlines;
        Messaging = other.Messaging;
        Logger = other.Logger;
        Time = other.Time;
        MeterFactory = other.MeterFactory;
        Ended = other.Ended;
        ControlSocket = other.ControlSocket;
        IsControl = other.IsControl;
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

    /// <summary>
    /// For how long nothing may have gone through a byte stream before its input ends in a drain: a request that has begun, or is on its
    /// way on a connection that is new, is still received and answered. Zero unless set: the input ends after the bytes that have arrived.
    /// It goes on for half of <see cref="DrainTimeout"/> at most. Connections that carry messages need it for their first message only: one
    /// that has begun is received in any case.
    /// </summary>
    public TimeSpan DrainGrace
    {
        get;
        init => field = value >= TimeSpan.Zero
            ? value
            : throw new ArgumentOutOfRangeException(nameof(DrainGrace), value, $"DrainGrace is {value}; it cannot be negative.");
    }

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

    /// <summary>Makes the meter <c>Zocalo</c> on which the server is measured, as dependency injection gives it. Without one the process
    /// has one meter of that name for all its servers and clients. The instruments: docs/guide/en/13-watching-a-server.md.</summary>
    public IMeterFactory? MeterFactory { get; init; }

    /// <summary>
    /// Called once for each connection that the server began to serve, after its handler has returned and the connection has ended: also
    /// for one that a stop aborted. Nobody unless set.
    /// </summary>
    /// <remarks>
    /// It runs where the handler ran, for several connections at the same time, and should not block: until it returns the connection
    /// counts as served. What it throws is logged. When <see cref="SocketServer.StopAsync"/> has completed, it has been called for every
    /// connection, except for those whose handlers did not return after their abort: for them it is called when they do.
    /// </remarks>
    public Action<Connection, ConnectionEnd>? Ended { get; init; }

    /// <summary>
    /// Where <c>zocalo top</c> can watch the server: a Unix socket, for this user only (0600). Nowhere unless set. The name of its file
    /// should end with <c>.zocalo</c>: then the tool finds it by the number of the process.
    /// </summary>
    /// <remarks>
    /// It says every second, in a line of JSON, what the server is doing, with its peers' addresses; it reads nothing. Up to 8 watch at the
    /// same time, and they are not connections of the server. It is served on the thread pool, by the system's clock, so that it answers
    /// though handlers block their loops: a simulation cannot have one. Who watches sees a drain, and is hung up on at its end; one that
    /// does not hang up then as well is cut, and makes the stop a second longer.
    /// </remarks>
    public UnixAddress? ControlSocket { get; init; }

    /// <summary>It serves the control socket of another server, and is neither measured nor watched itself.</summary>
    internal bool IsControl { get; init; }
}
