using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Zocalo.Addresses;
using Zocalo.Connections;
using Zocalo.Engines;
using Zocalo.Telemetry;
using Zocalo.Timing;

namespace Zocalo;

/// <summary>
/// A server socket: it makes connections, and neither sends nor receives. For a server with many clients use <see cref="SocketServer"/>,
/// which accepts them, limits them, survives errors and drains. This class is for programs that accept by themselves.
/// </summary>
/// <remarks>One <see cref="AcceptAsync"/> at a time. Any thread may dispose the listener, which ends the accept that waits.</remarks>
public sealed class Listener : IAsyncDisposable
{
    private readonly ListenerSocket[] _sockets;
    private readonly ListenOptions _options;
    private readonly ConnectionSettings _settings;
    private readonly AdmissionControl _admission;
    // One of each socket. They outlive a cancelled call, and one that another socket answered, so that no accepted connection is lost.
    private readonly Task<Accepted>?[] _accepting;
    private int _next;      // the socket that is looked at first: each in turn, so that a busy queue does not hold up the others
    private int _inUse;
    private volatile bool _disposed;

    private Listener(ListenerSocket[] sockets, Address local, ListenOptions options, AdmissionControl? admission)
    {
        _sockets = sockets;
        _accepting = new Task<Accepted>?[sockets.Length];
        _options = options;
        _settings = new ConnectionSettings(options.Connection, options.Logger, options.Time ?? options.Engine.Time)
        {
            Wheel = Wheel.Of(options.Time ?? options.Engine.OutsideTime),
            Deadlines = DeadlineTicks.Of(options.Deadlines, options.IsServers),
            IsServers = options.IsServers,
        };
        _admission = admission ?? new AdmissionControl(options.Admission, _settings);
        LocalAddress = local;
    }

    /// <summary>Where it listens, with the port that the system chose for port 0.</summary>
    public Address LocalAddress { get; }

    /// <summary>How many peers <see cref="ListenOptions.Admission"/> has refused.</summary>
    public long RefusedCount => _admission.Refusals.Count;

    /// <summary>Who may connect, and at which pace.</summary>
    internal AdmissionControl Admission => _admission;

    /// <summary>One; with <see cref="ListenOptions.PerLoop"/> one for each loop. For a caller that accepts from each by itself, makes
    /// connections with <see cref="Admit"/>, and closes each.</summary>
    internal ReadOnlySpan<ListenerSocket> Sockets => _sockets;

    /// <summary>Binds <paramref name="address"/> and listens.</summary>
    /// <param name="address">Such as <c>tcp://127.0.0.1:5346</c>, <c>*:80</c> or <c>unix:/run/app.sock</c>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the resolution of the name.</param>
    /// <exception cref="NetworkException">The address cannot be bound; the message says why and what to do.</exception>
    /// <exception cref="NotSupportedException"><see cref="ListenOptions.PerLoop"/> is on, and the engine has no loops that connections
    /// share, or the address is a Unix socket's.</exception>
    public static Task<Listener> ListenAsync(Address address, ListenOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        var chosen = options ?? ListenOptions.Default;
        return chosen.Engine.Run(() => BindAsync(address, chosen, admission: null, cancellationToken));
    }

    /// <summary>Binds all of the addresses, or none. They admit peers together.</summary>
    /// <exception cref="NetworkException">One cannot be bound.</exception>
    internal static async Task<Listener[]> ListenTogetherAsync(
        IReadOnlyList<Address> addresses, ListenOptions options, CancellationToken cancellationToken)
    {
        var all = new List<Listener>(addresses.Count);
        try
        {
            foreach (var address in addresses)
            {
                all.Add(await BindAsync(address, options, all.FirstOrDefault()?._admission, cancellationToken));
            }
            return [.. all];
        }
        catch
        {
            foreach (var listener in all)
            {
                await listener.DisposeAsync();
            }
            throw;
        }
    }

    /// <summary>The next connection, which the caller closes.</summary>
    /// <param name="cancellationToken">Cancels the wait. A connection that comes afterwards is given to the next call.</param>
    /// <exception cref="NetworkException">Accepting failed, for example because no descriptor is free. The listener is still usable: call
    /// this again.</exception>
    /// <exception cref="ObjectDisposedException">The listener was disposed, before the call or during it.</exception>
    /// <exception cref="InvalidOperationException">Another accept is in progress.</exception>
    public Task<Connection> AcceptAsync(CancellationToken cancellationToken = default)
    {
        var origin = _options.Connection.CaptureOrigin();
        return _options.Engine.Run(() => AcceptOneAsync(origin, cancellationToken));
    }

    /// <summary>Stops listening. The kernel resets the connections that wait in the backlog; accepted connections stay open.</summary>
    public ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            Array.ForEach(_sockets, static socket => socket.Close());
            DropUndelivered();
        }
        return default;
    }

    /// <summary>Makes a connection of what was accepted; errors are values.</summary>
    /// <param name="accepted">The engine's answer.</param>
    /// <param name="origin">The stack that the connection remembers.</param>
    internal Accepted Admit(AcceptResult accepted, string? origin)
    {
        if (accepted.Socket is not { } socket)
        {
            return new(null, accepted.Error);
        }
        if (!_admission.TryAdmit(socket, out var lease))
        {
            return new(null, SocketError.Success);
        }
        var connection = new Connection(socket, origin is null ? _settings : _settings with { Origin = origin });
        if (_options.Logger.IsEnabled(LogLevel.Debug))      // checked first: reading the addresses allocates
        {
            Log.Accepted(_options.Logger, connection.Id, connection.RemoteAddress, connection.LocalAddress);
        }
        return new(connection, SocketError.Success, lease);
    }

    private static async Task<Listener> BindAsync(
        Address address, ListenOptions options, AdmissionControl? admission, CancellationToken cancellationToken)
    {
        try
        {
            var endPoints = await EndPoints.ForListenAsync(address, options.Engine.ResolveAsync, cancellationToken);
            var settings = options.Connection.SocketSettings with { UnixMode = options.UnixMode };
            var sockets = options.PerLoop
                ? options.Engine.ListenPerLoop(endPoints[0], options.Backlog, settings)
                : [options.Engine.Listen(endPoints[0], options.Backlog, settings)];
            // The kernel shows "every interface" as [::]; the user called it *.
            var local = EndPoints.ToAddress(sockets[0].LocalEndPoint);
            var shown = address is TcpAddress { Host: "*" } && local is TcpAddress any ? TcpAddress.Any(any.Port) : local;
            return new Listener(sockets, shown, options, admission);
        }
        catch (SocketException error)
        {
            throw NetworkException.Listening(address, error.SocketErrorCode, error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw NetworkException.Listening(address, SocketError.AccessDenied, error);
        }
    }

    private async Task<Accepted> TryAcceptAsync(ListenerSocket socket, string? origin)
    {
        while (true)
        {
            await _admission.WaitForTurnAsync(CancellationToken.None);
            var accepted = Admit(await socket.AcceptAsync(), origin);
            if (accepted is { Connection: { } connection, Lease: { } lease })
            {
                connection.Core.WhenEnded(new LeaseEnd(lease, connection.Id, _options.Logger));
            }
            if (!accepted.IsRefused)
            {
                return accepted;
            }
        }
    }

    /// <summary>What the first socket that has something has. The others' accepts go on, for the next calls.</summary>
    private async Task<Accepted> TryAcceptFromAnyAsync(string? origin, CancellationToken cancellationToken)
    {
        for (var i = 0; i < _sockets.Length; i++)
        {
            var from = (_next + i) % _sockets.Length;
            var accepting = _accepting[from] ??= TryAcceptAsync(_sockets[from], origin);
            if (accepting.IsCompleted)
            {
                return await Take(from);
            }
        }
        Task first = _sockets.Length == 1 ? _accepting[0]! : Task.WhenAny(_accepting!);
        await first.WaitAsync(cancellationToken);
        return await Take(Array.FindIndex(_accepting, static accepting => accepting!.IsCompleted));
    }

    private Task<Accepted> Take(int from)
    {
        var accepted = _accepting[from]!;
        _accepting[from] = null;
        _next = (from + 1) % _sockets.Length;
        return accepted;
    }

    private async Task<Connection> AcceptOneAsync(string? origin, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _inUse, 1) != 0)
        {
            throw new InvalidOperationException("Another accept is in progress: a listener has one at a time.");
        }
        try
        {
            while (true)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                var accepted = await TryAcceptFromAnyAsync(origin, cancellationToken);
                if (accepted.Connection is { } connection)
                {
                    return connection;
                }
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (!accepted.IsPeersDoing)
                {
                    throw NetworkException.Accepting(LocalAddress, accepted.Error, _options.Engine);
                }
            }
        }
        finally
        {
            Volatile.Write(ref _inUse, 0);
            DropUndelivered();
        }
    }

    /// <summary>After the disposal no call will take the connections that earlier calls left for the next one. A call in progress does this
    /// at its end.</summary>
    private void DropUndelivered()
    {
        if (!_disposed || Interlocked.Exchange(ref _inUse, 1) != 0)
        {
            return;
        }
        for (var i = 0; i < _accepting.Length; i++)
        {
            if (_accepting[i] is { } accepting)
            {
                _accepting[i] = null;
                _ = AbortAsync(accepting);
            }
        }
        Volatile.Write(ref _inUse, 0);

        static async Task AbortAsync(Task<Accepted> accepting) => (await accepting).Connection?.Abort();
    }

    /// <summary>A connection, or why there is none.</summary>
    /// <param name="Connection">The connection.</param>
    /// <param name="Error">The error, or none: then the peer was refused.</param>
    /// <param name="Lease">To be disposed once, when the connection has ended.</param>
    internal readonly record struct Accepted(Connection? Connection, SocketError Error, IDisposable? Lease = null)
    {
        internal bool IsRefused => Connection is null && Error == SocketError.Success;

        /// <summary>
        /// A connection died in the backlog, and accept reports its error (accept(2), "Error handling"). The listener works: accept again
        /// at once.
        /// </summary>
        internal bool IsPeersDoing => Error
            is SocketError.ConnectionAborted
            or SocketError.ConnectionReset
            or SocketError.NetworkDown
            or SocketError.NetworkUnreachable
            or SocketError.HostDown
            or SocketError.HostUnreachable
            or SocketError.ProtocolOption
            or SocketError.Interrupted;
    }
}
