using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Zocalo.Addresses;
using Zocalo.Connections;
using Zocalo.Engines;
using Zocalo.Telemetry;

namespace Zocalo;

/// <summary>
/// A server socket: it makes connections, and neither sends nor receives. For a server with many clients use <see cref="SocketServer"/>,
/// which accepts them, limits them, survives errors and drains. This class is for programs that accept by themselves.
/// </summary>
/// <remarks>One <see cref="AcceptAsync"/> at a time. Any thread may dispose the listener, which ends the accept that waits.</remarks>
public sealed class Listener : IAsyncDisposable
{
    private readonly ListenerSocket _socket;
    private readonly ListenOptions _options;
    private readonly ConnectionSettings _settings;
    private Task<Accepted>? _accepting;     // outlives a cancelled call, so that no accepted connection is lost
    private int _inUse;
    private volatile bool _disposed;

    private Listener(ListenerSocket socket, Address local, ListenOptions options)
    {
        _socket = socket;
        _options = options;
        _settings = new ConnectionSettings(options.Connection, options.Logger, options.Time ?? options.Engine.Time);
        LocalAddress = local;
    }

    /// <summary>Where it listens, with the port that the system chose for port 0.</summary>
    public Address LocalAddress { get; }

    internal bool IsConnectionWaiting => !_disposed && _socket.IsConnectionWaiting;

    /// <summary>Binds <paramref name="address"/> and listens.</summary>
    /// <param name="address">Such as <c>tcp://127.0.0.1:5346</c>, <c>*:80</c> or <c>unix:/run/app.sock</c>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the resolution of the name.</param>
    /// <exception cref="NetworkException">The address cannot be bound; the message says why and what to do.</exception>
    public static Task<Listener> ListenAsync(Address address, ListenOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        var chosen = options ?? ListenOptions.Default;
        return chosen.Engine.Run(() => BindAsync(address, chosen, cancellationToken));
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
        Close();
        return default;
    }

    internal void Close()
    {
        if (!_disposed)
        {
            _disposed = true;
            _socket.Close();
            DropUndelivered();
        }
    }

    /// <summary>Waits for the next stream, which the caller hands to <see cref="Admit"/>. For one caller that never cancels.</summary>
    internal ValueTask<AcceptResult> AcceptSocketAsync() => _socket.AcceptAsync();

    /// <summary>Makes a connection of what was accepted; errors are values.</summary>
    /// <param name="accepted">The engine's answer.</param>
    /// <param name="origin">The stack that the connection remembers.</param>
    internal Accepted Admit(AcceptResult accepted, string? origin)
    {
        if (accepted.Socket is not { } socket)
        {
            return new(null, accepted.Error);
        }
        var connection = new Connection(socket, origin is null ? _settings : _settings with { Origin = origin });
        if (_options.Logger.IsEnabled(LogLevel.Debug))      // checked first: reading the addresses allocates
        {
            Log.Accepted(_options.Logger, connection.Id, connection.RemoteAddress, connection.LocalAddress);
        }
        return new(connection, SocketError.Success);
    }

    private static async Task<Listener> BindAsync(Address address, ListenOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var endPoints = await EndPoints.ForListenAsync(address, options.Engine.ResolveAsync, cancellationToken);
            var socket = options.Engine.Listen(endPoints[0], options.Backlog, options.Connection.SocketTimeouts);
            // The kernel shows "every interface" as [::]; the user called it *.
            var local = EndPoints.ToAddress(socket.LocalEndPoint);
            return new Listener(
                socket, address is TcpAddress { Host: "*" } && local is TcpAddress any ? TcpAddress.Any(any.Port) : local, options);
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

    private async Task<Accepted> TryAcceptAsync(string? origin) => Admit(await AcceptSocketAsync(), origin);

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
                var accepting = _accepting ??= TryAcceptAsync(origin);
                var accepted = await accepting.WaitAsync(cancellationToken);
                _accepting = null;
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

    /// <summary>After the disposal no call will take the connection that a cancelled call left for the next one. A call in progress does
    /// this at its end.</summary>
    private void DropUndelivered()
    {
        if (!_disposed || Interlocked.Exchange(ref _inUse, 1) != 0)
        {
            return;
        }
        if (_accepting is { } accepting)
        {
            _accepting = null;
            _ = AbortAsync(accepting);
        }
        Volatile.Write(ref _inUse, 0);

        static async Task AbortAsync(Task<Accepted> accepting) => (await accepting).Connection?.Abort();
    }

    /// <summary>A connection, or why there is none.</summary>
    internal readonly record struct Accepted(Connection? Connection, SocketError Error)
    {
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
