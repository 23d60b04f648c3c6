using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.Sockets;
using Zocalo.Testing;

namespace Zocalo.Tests.Serving;

/// <summary>The in-memory engine, but accepting fails as scripted: each error once, before the next connection is let through.</summary>
internal sealed class FailingEngine(params SocketError[] errors) : Engine("failing")
{
    private readonly SimulatedHost _network = SimulatedHost.OnThreadPool();
    private readonly ConcurrentQueue<SocketError> _errors = new(errors);

    internal int ErrorsLeft => _errors.Count;

    /// <summary>Its listeners say that a connection waits, always.</summary>
    internal bool ClaimsToHaveMore { get; init; }

    internal override ListenerSocket Listen(EndPoint endPoint, int backlog, SocketSettings timeouts) =>
        new FailingListener(_network.Listen(endPoint, backlog, timeouts), _errors, ClaimsToHaveMore);

    internal override Task<ConnectResult> ConnectAsync(EndPoint endPoint, SocketSettings timeouts, CancellationToken cancellationToken) =>
        _network.ConnectAsync(endPoint, timeouts, cancellationToken);

    private sealed class FailingListener(
        ListenerSocket listener, ConcurrentQueue<SocketError> errors, bool claimsToHaveMore) : ListenerSocket
    {
        internal override EndPoint LocalEndPoint => listener.LocalEndPoint;

        internal override bool IsConnectionWaiting => claimsToHaveMore || listener.IsConnectionWaiting;

        internal override ValueTask<AcceptResult> AcceptAsync() =>
            errors.TryDequeue(out var error) ? new(new AcceptResult(null, error)) : listener.AcceptAsync();

        internal override void Close() => listener.Close();
    }
}
