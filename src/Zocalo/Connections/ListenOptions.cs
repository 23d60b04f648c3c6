using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Zocalo.Engines.Sockets;

namespace Zocalo;

/// <summary>How to listen. Immutable.</summary>
public sealed record ListenOptions
{
    /// <summary>The backlog unless set.</summary>
    internal const int DefaultBacklog = 512;

    /// <summary>The defaults.</summary>
    public ListenOptions()
    {
    }

    private ListenOptions(ListenOptions other)
    {
        Engine = other.Engine;
        Backlog = other.Backlog;
        PerLoop = other.PerLoop;
        UnixMode = other.UnixMode;
        Admission = other.Admission;
        Connection = other.Connection;
        Deadlines = other.Deadlines;
        IsServers = other.IsServers;
        Logger = other.Logger;
        Time = other.Time;
    }

    /// <summary>The defaults. Each call makes a new instance, so code that fills one in (a configuration binder does) changes no
    /// other.</summary>
    public static ListenOptions Default => new();

    /// <summary>Which engine drives the connections; <see cref="Engine.Auto"/> unless set.</summary>
    public Engine Engine { get; init; } = Engine.Auto;

    /// <summary>
    /// How many connections the kernel keeps until they are accepted: 512 unless set, at least 1. The system may lower it
    /// (net.core.somaxconn, listen(2)).
    /// </summary>
    public int Backlog { get; init => field = CheckBacklog(value); } = DefaultBacklog;

    /// <summary>
    /// Whether each event loop of <c>epoll</c> or <c>select</c> listens by itself, with an accept queue of its own (SO_REUSEPORT,
    /// socket(7)), instead of one queue for all. False unless set. The kernel chooses the queue by the client's address and port, and knows
    /// nothing of what the loops have to do: while a loop is blocked, what comes to its queue waits. For TCP, where many connections are
    /// short.
    /// </summary>
    /// <remarks>Each queue takes <see cref="Backlog"/> connections. Another server, also one like this, is refused the address as ever; a
    /// program of the same user that sets SO_REUSEPORT itself is not.</remarks>
    public bool PerLoop { get; init; }

    /// <summary>
    /// Who may connect to a Unix socket's path: the mode of its file, of which the write bits count (unix(7)). 0600 unless set: the same
    /// user alone. It is set exactly, whatever the process's umask is, before anybody can connect. No meaning for TCP, for abstract names,
    /// and on Windows.
    /// </summary>
    public UnixFileMode UnixMode { get; init; } = UnixSocketFile.OwnersAlone;

    /// <summary>Who may connect; everybody unless set. Who is refused never comes out of <see cref="Listener.AcceptAsync"/>. The setter
    /// copies it, so no two options share one instance.</summary>
    public AdmissionOptions Admission
    {
        get;
        init => field = (value ?? throw new ArgumentNullException(nameof(Admission))) with { };
    } = new();

    /// <summary>The limits of each accepted connection. The setter copies them, so no two options share one instance.</summary>
    public ConnectionOptions Connection
    {
        get;
        init => field = (value ?? throw new ArgumentNullException(nameof(Connection))) with { };
    } = new();

    /// <summary>How long the peers may take. Null, as unless set, and each null in it: no limit.</summary>
    public Deadlines? Deadlines { get; init; }

    /// <summary>Where events are logged; nowhere unless set.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The clock for timeouts; the engine's own unless set.</summary>
    public TimeProvider? Time { get; init; }

    /// <summary>A <see cref="SocketServer"/> listens: its defaults count.</summary>
    internal bool IsServers { get; init; }

    internal static int CheckBacklog(int value) => value >= 1
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, $"Backlog is {value}; it must be at least 1.");
}
