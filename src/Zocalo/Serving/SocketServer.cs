using Zocalo.Connections;
using Zocalo.Engines;
using Zocalo.Engines.System;
using Zocalo.Serving;
using Zocalo.Telemetry;

namespace Zocalo;

/// <summary>
/// A server: it accepts connections, runs one handler for each, survives errors in accepting and in handlers, and stops in good order.
/// Thread-safe.
/// </summary>
public sealed partial class SocketServer : IAsyncDisposable
{
    /// <summary>How many descriptors are left for the rest of the process when the limit on connections is derived from
    /// RLIMIT_NOFILE.</summary>
    private const int DescriptorsForOthers = 64;

    /// <summary>How long handlers may take to return after everything was cut. Most return at once; a handler that ignores the cut is
    /// abandoned.</summary>
    private static readonly TimeSpan AbortGrace = TimeSpan.FromSeconds(1);

    private readonly ServerOptions _options;
    private readonly RescueLog _rescues;
    private readonly ServedConnections _served;
    private readonly AcceptLoops _accepting;
    private readonly Refusals _refusals;
    private readonly TimeProvider _stopTime;
    private readonly CancellationTokenSource _cut = new();      // it has no timer, so there is nothing to dispose
    private readonly Task _accepted;
    private readonly ControlSocket? _control;
    private readonly Lock _lock = new();
    private Task? _stopped;

    private SocketServer(
        Listener[] listeners, ConnectionHandler handler, Delegate named, ServerOptions options, string? origin, ControlSocket? control)
    {
        _options = options;
        _stopTime = options.Time ?? options.Engine.OutsideTime;
        LocalAddresses = Array.AsReadOnly(Array.ConvertAll(listeners, static listener => listener.LocalAddress));
        _refusals = listeners[0].Admission.Refusals;
        (MaxConnections, LimitedBy) = LimitConnections(options, listeners.Sum(static listener => listener.Sockets.Length));
        var time = options.Time ?? options.Engine.Time;
        _rescues = new RescueLog(HandlerName.Of(named), options.Logger, time);
        _served = new ServedConnections(handler, options.Placement, MaxConnections, options.Logger, _rescues)
        {
            Ended = options.Ended,
            Time = time,
            ShowsAge = control is not null,
        };
        if (!options.IsControl)
        {
            var instruments = Instruments.Of(options.MeterFactory);
            _served.Metrics = new ServerMetrics(instruments, MetricTags.OfServer(LocalAddress, options.Engine), _served, time);
        }
        _refusals.Refused = _served.OnRejected;
        _accepting = new AcceptLoops(listeners, _served, options.Backlog, origin, options.Logger, time);
        if (ReferenceEquals(options.Engine, Engine.Auto) && EngineChoice.Current.TryTell())
        {
            Log.EngineIsSecondChoice(options.Logger, EngineChoice.Current.Reason);
        }
        foreach (var address in LocalAddresses)
        {
            Log.Listening(options.Logger, address, options.Engine, MaxConnections);
        }
        _accepted = _accepting.RunAsync();
        (_control, _began) = (control, time.GetTimestamp());
        control?.Show(this);
    }

    /// <summary>Where it listens, with the port that the system chose for port 0; of several addresses the first.</summary>
    public Address LocalAddress => LocalAddresses[0];

    /// <summary>Where it listens, in the order in which the addresses were given.</summary>
    public IReadOnlyList<Address> LocalAddresses { get; }

    /// <summary>Which engine drives it.</summary>
    public Engine Engine => _options.Engine;

    /// <summary>The limit on connections in force: the setting, or what the process may open.</summary>
    public int MaxConnections { get; }

    /// <summary>What decided <see cref="MaxConnections"/>: the setting, or what made it less.</summary>
    public ConnectionLimit LimitedBy { get; }

    /// <summary>
    /// How many connections are being served now. 0 when <see cref="StopAsync"/> has completed: a handler that ignores the abort of its
    /// connection no longer counts then.
    /// </summary>
    public int ConnectionCount => _served.Count;

    /// <summary>
    /// How many connections a stop had to cut, because <see cref="ServerOptions.DrainTimeout"/> passed or the token of
    /// <see cref="StopAsync"/> fired. Their peers saw a reset, and may lack bytes. The number is final when <see cref="StopAsync"/> has
    /// completed; 0 means that every connection ended in good order.
    /// </summary>
    public int AbortedCount => _served.AbortedCount;

    /// <summary>How many peers <see cref="ServerOptions.Admission"/> has refused.</summary>
    public long RefusedCount => _refusals.Count;

    /// <summary>How often a handler blocked its event loop until another thread took the loop over
    /// (<see cref="EngineOptions.Rescue"/>).</summary>
    public int RescueCount => _served.RescueCount;

    /// <summary>Listens, and serves every connection with <paramref name="handler"/>. Returns when it listens.</summary>
    /// <param name="address">Such as <c>tcp://127.0.0.1:5346</c>, <c>*:80</c> or <c>unix:/run/app.sock</c>; port 0 lets the system
    /// choose.</param>
    /// <param name="handler">Runs once for each connection, many at the same time.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the start; it does not stop a started server.</param>
    /// <exception cref="NetworkException">The address, or that of <see cref="ServerOptions.ControlSocket"/>, cannot be bound; the message
    /// says why and what to do.</exception>
    /// <exception cref="NotSupportedException"><see cref="ServerOptions.PerLoop"/> is on, and the engine has no loops that connections
    /// share, or the address is a Unix socket's.</exception>
    public static Task<SocketServer> StartAsync(
        Address address, ConnectionHandler handler, ServerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(handler);
        return StartNamedAsync([address], handler, handler, options, cancellationToken);
    }

    /// <summary>Listens on several addresses, on all of them or on none. The limits hold for all together, and a stop drains all. Otherwise
    /// as <see cref="StartAsync(Address, ConnectionHandler, ServerOptions?, CancellationToken)"/>.</summary>
    /// <param name="addresses">At least one, such as <c>*:80</c> and <c>unix:/run/app.sock</c>.</param>
    /// <param name="handler">Runs once for each connection, many at the same time.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the start; it does not stop a started server.</param>
    /// <exception cref="ArgumentException">There is no address.</exception>
    /// <exception cref="NetworkException">One of the addresses cannot be bound; the message says which one, why, and what to
    /// do.</exception>
    /// <exception cref="NotSupportedException"><see cref="ServerOptions.PerLoop"/> is on, and the engine has no loops that connections
    /// share, or an address is a Unix socket's.</exception>
    public static Task<SocketServer> StartAsync(
        IReadOnlyList<Address> addresses,
        ConnectionHandler handler,
        ServerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(handler);
        return StartNamedAsync([.. addresses], handler, handler, options, cancellationToken);
    }

    /// <summary>
    /// Stops: the server takes no new connections, serves those in the backlog, and drains every connection
    /// (<see cref="Connection.Draining"/> fires, and the input ends after the bytes that have arrived).
    /// <see cref="ServerOptions.DrainTimeout"/> limits all of this; connections that are left then are aborted and counted by
    /// <see cref="AbortedCount"/>. Further calls wait for the same stop.
    /// </summary>
    /// <param name="cancellationToken">When it fires, the connections that are left are aborted at once.</param>
    /// <returns>A task that completes when every handler has returned and every connection is closed; at the latest 1 s after an abort,
    /// even if handlers do not return.</returns>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        Task stopped;
        lock (_lock)
        {
            stopped = _stopped ??= Engine.RunOutside(DrainAsync);
        }
        using var cut = cancellationToken.UnsafeRegister(static server => ((SocketServer)server!).Cut(), this);
        await stopped;
    }

    /// <summary>The same as <see cref="StopAsync"/>.</summary>
    public ValueTask DisposeAsync() => new(StopAsync());

    /// <param name="addresses">Where to listen.</param>
    /// <param name="handler">Runs once for each connection.</param>
    /// <param name="named">The program's own handler, whose name the log shows: <paramref name="handler"/> itself, or the one that it
    /// wraps.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    internal static Task<SocketServer> StartNamedAsync(
        Address[] addresses, ConnectionHandler handler, Delegate named, ServerOptions? options, CancellationToken cancellationToken)
    {
        if (addresses.Length == 0 || Array.Exists(addresses, static address => address is null))
        {
            throw new ArgumentException("A server listens on at least one address, and none of them is null.", nameof(addresses));
        }
        var chosen = options ?? ServerOptions.Default;
        var origin = chosen.Connection.CaptureOrigin();
        return chosen.Engine.Run(() => ListenAndServeAsync(addresses, handler, named, chosen, origin, cancellationToken));
    }

    private static async Task<SocketServer> ListenAndServeAsync(
        Address[] addresses,
        ConnectionHandler handler,
        Delegate named,
        ServerOptions options,
        string? origin,
        CancellationToken cancellationToken)
    {
        var listen = new ListenOptions
        {
            Engine = options.Engine,
            Backlog = options.Backlog,
            PerLoop = options.PerLoop,
            UnixMode = options.UnixMode,
            Admission = options.Admission,
            Connection = options.Connection,
            Deadlines = options.Deadlines,
            IsServers = true,
            Logger = options.Logger,
            Time = options.Time,
        };
        var listeners = await Listener.ListenTogetherAsync(addresses, listen, cancellationToken);
        ControlSocket? control = null;
        try
        {
            if (options.ControlSocket is not null)
            {
                control = await ControlSocket.OpenAsync(options.ControlSocket, options.Logger, cancellationToken);
            }
        }
        catch
        {
            foreach (var listener in listeners)
            {
                await listener.DisposeAsync();
            }
            throw;
        }
        return new SocketServer(listeners, handler, named, options, origin, control);
    }

    private static (int Most, ConnectionLimit By) LimitConnections(ServerOptions options, int queues)
    {
        // Each further queue has its own socket, and can have a connection that waits for room.
        var forOthers = DescriptorsForOthers + 2 * (queues - 1);
        var ofEngine = options.Engine.DescriptorLimit;
        var descriptors = Math.Min(DescriptorLimit.Current ?? long.MaxValue, ofEngine);
        var room = options.Engine.ConnectionsFor(descriptors - forOthers);
        if (descriptors == int.MaxValue || room >= options.MaxConnections)
        {
            return (options.MaxConnections, ConnectionLimit.Setting);
        }
        var limit = (int)Math.Clamp(room, 1, int.MaxValue);
        var by = descriptors == ofEngine ? ConnectionLimit.Engine : ConnectionLimit.Descriptors;
        if (by == ConnectionLimit.Engine)
        {
            Log.ConnectionsLimitedByEngine(options.Logger, limit, options.Engine, ofEngine);
        }
        else if (options.MaxConnections != int.MaxValue)
        {
            Log.ConnectionsLimitedByDescriptors(options.Logger, limit, descriptors);
        }
        return (limit, limit == options.MaxConnections ? ConnectionLimit.Setting : by);
    }

    private async Task DrainAsync()
    {
        _accepting.Stop();
        var grace = _options.DrainGrace;
        _served.Drain(endsInputs: grace == TimeSpan.Zero);
        Log.Draining(_options.Logger, _served.Count, LocalAddress, _options.DrainTimeout);
        var ended = EndedAsync();
        if (grace > TimeSpan.Zero)
        {
            var most = _options.DrainTimeout == Timeout.InfiniteTimeSpan ? _options.DrainTimeout : _options.DrainTimeout / 2;
            _ = new QuietInputs(_served, grace, most, _stopTime).EndAsync(ended, _cut.Token);
        }
        if (!await EndsWithin(ended, _options.DrainTimeout, _cut.Token))
        {
            Cut();
            Log.DrainCut(_options.Logger, AbortedCount, LocalAddress);
            if (!await EndsWithin(ended, AbortGrace, default))
            {
                Log.HandlersLeft(_options.Logger, _served.AbandonAll());
            }
        }
        AbnormalEnds.Flush(_options.Logger);
        _rescues.Stop();
        _served.Metrics?.Stop();
        if (_control is not null)
        {
            await _control.DisposeAsync();
        }
        foreach (var address in LocalAddresses)
        {
            Log.Stopped(_options.Logger, address);
        }
    }

    private async Task EndedAsync()
    {
        await _accepted;
        await _served.WhenEmpty();
    }

    /// <summary>Ends the drain: no more connections are accepted, and those that are left are aborted. Further calls do nothing.</summary>
    private void Cut()
    {
        _accepting.Cut();
        _served.AbortAll();
        _cut.Cancel();
    }

    private async Task<bool> EndsWithin(Task task, TimeSpan limit, CancellationToken cut)
    {
        try
        {
            await task.WaitAsync(limit, _stopTime, cut);
            return true;
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }
}
