using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Zocalo.Addresses;
using Zocalo.Connections;
using Zocalo.Telemetry;
using Zocalo.Timing;

namespace Zocalo;

/// <summary>Makes connections to servers. Thread-safe.</summary>
public static class Connector
{
    /// <summary>Connects to <paramref name="address"/>. If its name has several addresses, they are tried one after the other.</summary>
    /// <param name="address">Such as <c>tcp://127.0.0.1:5346</c> or <c>unix:/run/app.sock</c>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The connection, which the caller closes.</returns>
    /// <exception cref="NetworkException">The name does not resolve, or nothing answers there.</exception>
    /// <exception cref="TimeoutException"><see cref="ConnectOptions.Timeout"/> passed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired.</exception>
    public static Task<Connection> ConnectAsync(
        Address address, ConnectOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        var chosen = options ?? ConnectOptions.Default;
        var origin = chosen.Connection.CaptureOrigin();
        return chosen.Engine.Run(() => ResolveAndConnectAsync(address, chosen, origin, cancellationToken));
    }

    private static async Task<Connection> ResolveAndConnectAsync(
        Address address, ConnectOptions options, string? origin, CancellationToken cancellationToken)
    {
        var time = options.Time ?? options.Engine.Time;
        using var activity = Tracing.StartConnect(address, options.Engine);
        try
        {
            return await ConnectInTimeAsync(address, options, origin, time, activity, cancellationToken);
        }
        catch (Exception error)
        {
            activity.SetFailed(error, (error as NetworkException)?.SocketError.ToString());
            throw;
        }
    }

    private static async Task<Connection> ConnectInTimeAsync(
        Address address,
        ConnectOptions options,
        string? origin,
        TimeProvider time,
        Activity? activity,
        CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var last = SocketError.HostNotFound;
            var source = options.Source is { } own ? EndPoints.OfSource(own) : null;
            var settings = options.Connection.SocketSettings with { Source = source };
            foreach (var endPoint in await EndPoints.ForConnectAsync(address, options.Engine.ResolveAsync, either.Token))
            {
                if (source is not null && endPoint.AddressFamily != source.AddressFamily)
                {
                    last = last == SocketError.HostNotFound ? SocketError.AddressFamilyNotSupported : last;
                    continue;
                }
                var (socket, error) = await options.Engine.ConnectAsync(endPoint, settings, either.Token);
                if (socket is not null)
                {
                    var connection = new Connection(socket, new ConnectionSettings(options.Connection, options.Logger, time, origin)
                    {
                        Wheel = Wheel.Of(options.Time ?? options.Engine.OutsideTime),
                        Deadlines = DeadlineTicks.Of(options.Deadlines, isServers: false),
                    });
                    if (options.Logger.IsEnabled(LogLevel.Debug))       // checked first: reading the addresses allocates
                    {
                        Log.Connected(options.Logger, connection.Id, connection.RemoteAddress, connection.LocalAddress);
                    }
                    activity.SetConnected(address, endPoint, options.Engine);
                    MeteredClient.Begin(connection.Core, Instruments.Of(options.MeterFactory), address, endPoint, options.Engine);
                    return connection;
                }
                last = error;
            }
            throw NetworkException.Connecting(address, last, source: options.Source);
        }
        catch (SocketException error)
        {
            throw NetworkException.Connecting(address, error.SocketErrorCode, error, options.Source);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(string.Create(
                CultureInfo.InvariantCulture,
                $"cannot connect to {address}: no answer within {options.Timeout.TotalSeconds:0.###} s; " +
                $"check the address, or allow more time"));
        }
        catch (OperationCanceledException error) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(error.Message, error, cancellationToken);      // the caller knows its own token
        }
    }
}
