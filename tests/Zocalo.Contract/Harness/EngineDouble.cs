using System.Net;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.Sockets;

namespace Zocalo.Contract.Harness;

/// <summary>An engine that does what the real one would need another machine for: names, routes and silence are its own, everything else is
/// the real one's.</summary>
internal sealed class EngineDouble(Engine real) : Engine($"double of {real.Name}")
{
    /// <summary>What a name resolves to.</summary>
    internal Func<string, IPAddress[]> Resolve { get; init; } = _ => throw new SocketException((int)SocketError.HostNotFound);

    /// <summary>What becomes of a connect; null for what the real engine does.</summary>
    internal Func<EndPoint, CancellationToken, Task<SocketError>>? Connect { get; init; }

    internal override TimeProvider Time => real.Time;

    internal override EngineScheduler Scheduler => real.Scheduler;

    internal override ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => new(Resolve(host));

    internal override ListenerSocket Listen(EndPoint endPoint, int backlog, SocketSettings settings) =>
        real.Listen(endPoint, backlog, settings);

    internal override async Task<ConnectResult> ConnectAsync(
        EndPoint endPoint, SocketSettings settings, CancellationToken cancellationToken) =>
        Connect is null
        ? await real.ConnectAsync(endPoint, settings, cancellationToken)
        : new(null, await Connect(endPoint, cancellationToken));

    /// <summary>A connect that nobody answers.</summary>
    internal static async Task<SocketError> SilenceAsync(EndPoint _, CancellationToken cancellationToken)
    {
        await cancellationToken.FiredAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return SocketError.TimedOut;
    }
}
