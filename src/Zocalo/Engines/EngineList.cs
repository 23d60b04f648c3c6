using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Loops;
using Zocalo.Engines.Polling;
using Zocalo.Engines.Sockets;
using Zocalo.Engines.System;

namespace Zocalo.Engines;

/// <summary>The table of the engines: what they are called, how they are made, what they have, and whether they can run here.</summary>
internal static class EngineList
{
    private const string Auto = "auto";

    private static readonly Entry[] Table =
    [
        new("async", static _ => Engine.Async, needsLinux: false),
        new("threads", static _ => new ThreadsEngine(static () => new PollPoller(), LinuxSocketCalls.Instance)
        {
            Capabilities = EngineCapabilities.ThreadPerConnection,
        }),
        new("select", static options => new MultiplexingEngine(
            "select", static () => new SelectPoller(), LinuxSocketCalls.Instance, options.LoopsHere, rescue: false)
        {
            Capabilities = EngineCapabilities.Loops,
        }),
        new("epoll", static options => new MultiplexingEngine(
            "epoll", static () => new EpollPoller(), LinuxSocketCalls.Instance, options.LoopsHere, options.Rescue)
        {
            Capabilities = EngineCapabilities.Loops | EngineCapabilities.Rescue,
        }, whyNot: TryEpoll),
    ];

    /// <exception cref="PlatformNotSupportedException">It cannot run here.</exception>
    internal static Engine Get(string name) => Find(name)!.Shared;

    internal static bool TryFind(string name, [NotNullWhen(true)] out Engine? engine, [NotNullWhen(false)] out string? reason)
    {
        reason = WhyNot(name);
        engine = reason is not null ? null : IsAuto(name) ? Engine.Auto : Get(name);
        return reason is null;
    }

    /// <summary>What an operator wrote: a name, and perhaps <c>,strict</c>.</summary>
    internal static (string Name, bool IsStrict) Split(string choice)
    {
        var parts = choice.Split(',', StringSplitOptions.TrimEntries);
        return parts is [var name, _] && parts[1].Equals("strict", StringComparison.OrdinalIgnoreCase)
            ? (name, true)
            : (choice.Trim(), false);
    }

    internal static bool TryChoose(string choice, EngineOptions options, [NotNullWhen(true)] out Engine? engine, out string? reason)
    {
        var (name, isStrict) = Split(choice);
        if (options == EngineOptions.Default ? TryFind(name, out engine, out reason) : TryMake(name, options, out engine, out reason))
        {
            reason = IsAuto(name) && EngineChoice.Current.IsSecondChoice ? EngineChoice.Current.Reason : null;
            return true;
        }
        if (isStrict || Find(name) is null)     // auto, which is not in the table, is refused only when the environment is strict, or wrong
        {
            return false;
        }
        engine = Engine.Async;
        reason = $"{reason}; the engine async is used instead";
        return true;
    }

    internal static bool TryMake(
        string name, EngineOptions options, [NotNullWhen(true)] out Engine? engine, [NotNullWhen(false)] out string? reason)
    {
        reason = WhyNot(name);
        engine = reason is null ? Find(IsAuto(name) ? Engine.Auto.Name : name)!.Make(options) : null;
        return reason is null;
    }

    internal static bool IsAuto(string name) => name.Equals(Auto, StringComparison.OrdinalIgnoreCase);

    private static Entry? Find(string name) =>
        Array.Find(Table, entry => entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <returns>Null when it can run here.</returns>
    private static string? WhyNot(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (IsAuto(name))
        {
            return (Engine.Auto as RefusedEngine)?.Reason;
        }
        return Find(name) is { } found
            ? found.WhyNot(name)
            : $"there is no engine named '{name}'; choose {Auto}, " +
                $"{string.Join(", ", Table[..^1].Select(each => each.Name))} or {Table[^1].Name}";
    }

    private static string? TryEpoll()
    {
        try
        {
            new EpollPoller().Close();
            return null;
        }
        catch (SocketException error)
        {
            return $"the kernel gives no epoll descriptor ({error.Message}): raise the limit on open files, or choose async";
        }
    }

    /// <param name="name">What it is called.</param>
    /// <param name="make">Makes one.</param>
    /// <param name="needsLinux">It drives Linux's own system calls.</param>
    /// <param name="whyNot">Finds out why it cannot run here for another reason; its answer is null when it can.</param>
    private sealed class Entry(string name, Func<EngineOptions, Engine> make, bool needsLinux = true, Func<string?>? whyNot = null)
    {
        private Engine? _shared;

        internal string Name => name;

        /// <summary>The one that programs share. A failure is not remembered: what was lacking may be there the next time.</summary>
        internal Engine Shared
        {
            get
            {
                if (Volatile.Read(ref _shared) is { } shared)
                {
                    return shared;
                }
                var made = WhyNot(name) is { } reason ? throw new PlatformNotSupportedException(reason) : make(EngineOptions.Default);
                return Interlocked.CompareExchange(ref _shared, made, null) ?? made;
            }
        }

        internal Engine Make(EngineOptions options) => make(options);

        /// <param name="asked">The name as the caller wrote it.</param>
        /// <returns>Null when it can run here.</returns>
        internal string? WhyNot(string asked) => needsLinux && !OperatingSystem.IsLinux()
            ? $"the engine '{asked}' drives Linux's own system calls, and this is another system; choose async"
            : whyNot?.Invoke();
    }
}

/// <summary>Stands for an engine that was chosen and cannot run here: its first use throws the reason.</summary>
internal sealed class RefusedEngine(string reason) : Engine("refused")
{
    internal string Reason => reason;

    internal override ListenerSocket Listen(EndPoint endPoint, int backlog, SocketSettings settings) => throw Refused();

    internal override ListenerSocket[] ListenPerLoop(EndPoint endPoint, int backlog, SocketSettings settings) => throw Refused();

    internal override StreamSocket Adopt(Socket socket, SocketSettings settings) => throw Refused();

    internal override ListenerSocket AdoptListener(ListeningSocket listening) => throw Refused();

    internal override Task<ConnectResult> ConnectAsync(EndPoint endPoint, SocketSettings settings, CancellationToken cancellationToken) =>
        Task.FromException<ConnectResult>(Refused());

    private PlatformNotSupportedException Refused() => new(reason);
}
