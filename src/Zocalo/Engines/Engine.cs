using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.Async;
using Zocalo.Engines.Sockets;

namespace Zocalo;

/// <summary>
/// How bytes move. The same handler runs on every engine, unchanged. Instances are immutable and shared between any number of servers and
/// clients.
/// </summary>
/// <remarks>
/// A configuration binder makes an engine of its name, such as <c>"Engine": "epoll"</c>, and fails, with the sentence of
/// <see cref="TryChoose"/>, if it cannot run here.
/// <para>What an engine owes is written down beside the internal types <c>StreamSocket</c>, <c>ListenerSocket</c> and below; engines come
/// with Zocalo's own packages.</para>
/// </remarks>
[TypeConverter(typeof(EngineConverter))]
public abstract class Engine
{
    internal Engine(string name) => Name = name;

    /// <summary>
    /// The engine that Zocalo recommends here: <see cref="Epoll"/> on Linux, <see cref="Async"/> where that cannot run; or the one that the
    /// environment variable <c>ZOCALO_ENGINE</c> names, as <see cref="TryChoose"/> reads it. Decided once in a process.
    /// </summary>
    /// <remarks>When it names one that is refused, using this throws <see cref="PlatformNotSupportedException"/> with the reason.</remarks>
    public static Engine Auto => EngineChoice.Current.Engine;

    /// <summary>Why <see cref="Auto"/> is the one it is: for logs.</summary>
    public static string AutoReason => EngineChoice.Current.Reason;

    /// <summary>System.Net.Sockets with asynchronous operations and the thread pool: every platform.</summary>
    public static Engine Async { get; } = new AsyncEngine();

    /// <summary>A thread for each connection, which may block as it likes. For tens or hundreds of connections. Linux.</summary>
    /// <exception cref="PlatformNotSupportedException">It cannot run here; <see cref="TryCreate(string, out Engine?, out string?)"/> says
    /// so without throwing.</exception>
    public static Engine Threads => EngineList.Get("threads");

    /// <summary>Event loops over select(2), which knows descriptors below 1,024 only. For learning and comparing. Linux.</summary>
    /// <exception cref="PlatformNotSupportedException">It cannot run here; <see cref="TryCreate(string, out Engine?, out string?)"/> says
    /// so without throwing.</exception>
    public static Engine Select => EngineList.Get("select");

    /// <summary>Event loops over epoll(7), as many as processors and at most 16; handlers run on them, and a loop that one holds up is
    /// rescued. Linux.</summary>
    /// <exception cref="PlatformNotSupportedException">It cannot run here; <see cref="TryCreate(string, out Engine?, out string?)"/> says
    /// so without throwing.</exception>
    public static Engine Epoll => EngineList.Get("epoll");

    /// <summary>The name that logs, the tool and <see cref="TryCreate(string, out Engine?, out string?)"/> use, such as
    /// <c>async</c>.</summary>
    public string Name { get; }

    /// <summary>What it has that others lack: of the kind of engine, however this one is set up.</summary>
    public EngineCapabilities Capabilities { get; internal init; }

    /// <summary>Finds the shared engine of a name: always the same one.</summary>
    /// <param name="name"><c>auto</c>, <c>async</c>, <c>threads</c>, <c>select</c> or <c>epoll</c>, in any case.</param>
    /// <param name="engine">The engine, when it can run here.</param>
    /// <param name="reason">Otherwise why not, and what cures it: one sentence for the operator.</param>
    /// <returns>Whether it can run here.</returns>
    public static bool TryCreate(string name, [NotNullWhen(true)] out Engine? engine, [NotNullWhen(false)] out string? reason) =>
        EngineList.TryFind(name, out engine, out reason);

    /// <summary>Makes an engine of your own, with threads of its own: make one and share it, it is never taken down.</summary>
    /// <param name="name">As for <see cref="TryCreate(string, out Engine?, out string?)"/>.</param>
    /// <param name="options">How it is set up; what an engine does not have is ignored.</param>
    /// <param name="engine">The engine, when it can run here.</param>
    /// <param name="reason">Otherwise why not, and what cures it: one sentence for the operator.</param>
    /// <returns>Whether it can run here.</returns>
    public static bool TryCreate(
        string name, EngineOptions options, [NotNullWhen(true)] out Engine? engine, [NotNullWhen(false)] out string? reason)
    {
        ArgumentNullException.ThrowIfNull(options);
        return EngineList.TryMake(name, options, out engine, out reason);
    }

    /// <summary>Reads an operator's choice of an engine, and finds another one when it cannot run here.</summary>
    /// <param name="choice">A name as for <see cref="TryCreate(string, out Engine?, out string?)"/>; with <c>,strict</c> behind it, no
    /// other one will do.</param>
    /// <param name="options">How it is set up, when it differs from the defaults.</param>
    /// <param name="engine">The engine asked for; or, unless strict, <see cref="Async"/> where that one cannot run.</param>
    /// <param name="reason">Null when it is the one asked for; otherwise why not, for the operator: nothing falls back in silence.</param>
    /// <returns>False when there is no such engine, or it is strict and cannot run here.</returns>
    public static bool TryChoose(string choice, EngineOptions? options, [NotNullWhen(true)] out Engine? engine, out string? reason)
    {
        ArgumentNullException.ThrowIfNull(choice);
        return EngineList.TryChoose(choice, options ?? EngineOptions.Default, out engine, out reason);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The clock and the timers of this engine's scheduler: the system's, a loop's, a simulation's.</summary>
    internal virtual TimeProvider Time => Scheduler.Time;

    /// <summary>
    /// Where library code that belongs to no connection (accepting, connecting, supervising handlers) runs. A loop or a simulator gives its
    /// own, and nothing escapes from it.
    /// </summary>
    internal virtual EngineScheduler Scheduler => PoolScheduler.Shared;

    /// <summary>The clock of what bounds this engine's work from outside, and must run out though user code holds up a loop: a server's
    /// stop.</summary>
    internal virtual TimeProvider OutsideTime => Time;

    /// <summary>Descriptors from here on are of no use to this engine.</summary>
    internal virtual int DescriptorLimit => int.MaxValue;

    /// <summary>How many connections this number of descriptors is enough for.</summary>
    internal virtual long ConnectionsFor(long descriptors) => descriptors;

    /// <summary>The addresses of a host name, best first.</summary>
    /// <exception cref="SocketException">The name does not resolve.</exception>
    internal virtual async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);

    /// <summary>Binds and listens.</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    internal virtual ListenerSocket Listen(EndPoint endPoint, int backlog, SocketSettings settings) =>
        AdoptListener(SocketSetup.Listen(endPoint, backlog, settings));

    /// <summary>Binds and listens once for each loop that connections share: what comes to a loop's queue is accepted there, and stays.
    /// All of them or none.</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    /// <exception cref="NotSupportedException">There are no such loops, or no such sockets for this address.</exception>
    internal virtual ListenerSocket[] ListenPerLoop(EndPoint endPoint, int backlog, SocketSettings settings) =>
        throw new NotSupportedException(
            $"PerLoop is for engines with event loops, and {Name} has none that connections share: leave PerLoop off, or choose epoll or " +
            "select.");

    /// <summary>Takes a connected stream socket of the system over: it is the engine's from now on, also when this fails, and the caller
    /// does not dispose of it.</summary>
    /// <exception cref="SocketException">There is no descriptor, or no thread, for it.</exception>
    /// <exception cref="NotSupportedException">This engine has no descriptors.</exception>
    internal virtual StreamSocket Adopt(Socket socket, SocketSettings settings) => throw HasNoDescriptors();

    /// <summary>The same for one that listens.</summary>
    /// <exception cref="SocketException">There is no descriptor, or no thread, for it.</exception>
    /// <exception cref="NotSupportedException">This engine has no descriptors.</exception>
    internal virtual ListenerSocket AdoptListener(ListeningSocket listening) => throw HasNoDescriptors();

    /// <summary>Connects; expected failures are values. A cancelled one leaves no descriptor behind.</summary>
    internal abstract Task<ConnectResult> ConnectAsync(EndPoint endPoint, SocketSettings settings, CancellationToken cancellationToken);

    /// <summary>Runs <paramref name="work"/> with the context of this engine's <see cref="Scheduler"/>, whatever the caller's is.</summary>
    internal TTask Run<TTask>(Func<TTask> work) where TTask : Task => Scheduler.Context.Run(work);

    /// <summary>The same for what has <see cref="OutsideTime"/> as its clock.</summary>
    internal virtual TTask RunOutside<TTask>(Func<TTask> work) where TTask : Task => Run(work);

    private NotSupportedException HasNoDescriptors() => new($"The engine {Name} has no descriptors of the system, and takes none over.");
}
