using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.Async;

namespace Zocalo;

/// <summary>
/// How bytes move. The same handler runs on every engine, unchanged. Instances are immutable and shared between any number of servers and clients.
/// </summary>
/// <remarks>What an engine owes is written down beside the internal types <c>Channel</c>, <c>ListenerSocket</c> and below; engines come with Zocalo's own packages.</remarks>
public abstract class Engine
{
    internal Engine(string name) => Name = name;

    /// <summary>The engine that Zocalo recommends here: <see cref="Async"/>, until another has earned its place by measurement.</summary>
    public static Engine Auto => Async;

    /// <summary>System.Net.Sockets with asynchronous operations and the thread pool: every platform.</summary>
    public static Engine Async { get; } = new AsyncEngine();

    /// <summary>The name that logs, the tool and <see cref="TryCreate"/> use, such as <c>async</c>.</summary>
    public string Name { get; }

    /// <summary>Finds an engine by its name.</summary>
    /// <param name="name"><c>auto</c> or <c>async</c>, in any case.</param>
    /// <param name="engine">The engine, when it can run here.</param>
    /// <param name="reason">Otherwise why not, and what cures it: one sentence for the operator.</param>
    /// <returns>Whether it can run here.</returns>
    public static bool TryCreate(string name, [NotNullWhen(true)] out Engine? engine, [NotNullWhen(false)] out string? reason)
    {
        ArgumentNullException.ThrowIfNull(name);
        engine = name.ToUpperInvariant() switch
        {
            "AUTO" => Auto,
            "ASYNC" => Async,
            _ => null,
        };
        reason = engine is null ? $"there is no engine named '{name}'; choose auto or async" : null;
        return engine is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The clock and the timers of this engine's place: the system's, a loop's, a simulation's.</summary>
    internal virtual TimeProvider Time => TimeProvider.System;

    /// <summary>
    /// Where asynchronous library code that belongs to no connection (accepting, connecting, supervising handlers) goes on after an await.
    /// Null: on the thread pool. A loop or a simulator gives its own, and nothing escapes from it.
    /// </summary>
    internal virtual SynchronizationContext? Context => null;

    /// <summary>The addresses of a host name, best first.</summary>
    /// <exception cref="SocketException">The name does not resolve.</exception>
    internal virtual async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);

    /// <summary>Binds and listens.</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    internal abstract ListenerSocket Listen(EndPoint endPoint, int backlog, ConnectionOptions options);

    /// <summary>Connects; expected failures are values. A cancelled one leaves no descriptor behind.</summary>
    internal abstract Task<ConnectResult> ConnectAsync(EndPoint endPoint, ConnectionOptions options, CancellationToken cancellationToken);

    /// <summary>Runs <paramref name="work"/> with this engine's <see cref="Context"/>, whatever the caller's is.</summary>
    internal TTask Run<TTask>(Func<TTask> work) where TTask : Task => Context.Run(work);
}
