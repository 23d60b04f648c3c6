using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Loops;
using Zocalo.Engines.Polling;
using Zocalo.Engines.Sockets;
using Zocalo.Engines.System;

namespace Zocalo.Engines;

/// <summary>Which engines there are, and whether they can run here.</summary>
internal static class EngineList
{
    internal static readonly Lazy<Engine> Threads = Shared("threads");
    internal static readonly Lazy<Engine> Select = Shared("select");
    internal static readonly Lazy<Engine> Epoll = Shared("epoll");

    private const string Auto = "AUTO";

    private const string Names = "auto, async, threads, select or epoll";

    internal static bool TryFind(string name, [NotNullWhen(true)] out Engine? engine, [NotNullWhen(false)] out string? reason)
    {
        ArgumentNullException.ThrowIfNull(name);
        var known = name.ToUpperInvariant();
        reason = WhyNot(known, name);
        engine = reason is not null ? null : known switch
        {
            Auto => Engine.Auto,
            "ASYNC" => Engine.Async,
            "THREADS" => Threads.Value,
            "SELECT" => Select.Value,
            _ => Epoll.Value,
        };
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
        if (isStrict || !IsKnown(name) || IsAuto(name))     // auto is refused only when the environment is strict, or wrong
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
        ArgumentNullException.ThrowIfNull(name);
        var known = name.ToUpperInvariant();
        reason = WhyNot(known, name);
        engine = reason is null ? Make(known, options) : null;
        return reason is null;
    }

    internal static bool IsAuto(string name) => name.Equals(Auto, StringComparison.OrdinalIgnoreCase);

    private static bool IsKnown(string name) => name.ToUpperInvariant() is Auto or "ASYNC" or "THREADS" or "SELECT" or "EPOLL";

    private static Engine Make(string known, EngineOptions options)
    {
        var loops = options.Loops > 0 ? options.Loops : Environment.ProcessorCount;
        return known switch
        {
            "THREADS" => new ThreadsEngine(static () => new PollPoller(), LinuxSocketCalls.Instance)
            {
                Capabilities = EngineCapabilities.ThreadPerConnection,
            },
            "SELECT" => new MultiplexingEngine("select", static () => new SelectPoller(), LinuxSocketCalls.Instance, loops, rescue: false)
            {
                Capabilities = EngineCapabilities.Loops,
            },
            "EPOLL" => new MultiplexingEngine("epoll", static () => new EpollPoller(), LinuxSocketCalls.Instance, loops, options.Rescue)
            {
                Capabilities = EngineCapabilities.Loops | EngineCapabilities.Rescue,
            },
            "ASYNC" => Engine.Async,
            _ => Make(Engine.Auto.Name.ToUpperInvariant(), options),
        };
    }

    /// <returns>Null when it can run here.</returns>
    private static string? WhyNot(string known, string asked) => known switch
    {
        Auto => (Engine.Auto as RefusedEngine)?.Reason,
        "ASYNC" => null,
        "THREADS" or "SELECT" or "EPOLL" when !OperatingSystem.IsLinux() =>
            $"the engine '{asked}' drives Linux's own system calls, and this is another system; choose async",
        "EPOLL" => TryEpoll(),
        "THREADS" or "SELECT" => null,
        _ => $"there is no engine named '{asked}'; choose {Names}",
    };

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

    private static Lazy<Engine> Shared(string name) => new(
        () => TryMake(name, EngineOptions.Default, out var engine, out var reason)
            ? engine
            : throw new PlatformNotSupportedException(reason),
        LazyThreadSafetyMode.PublicationOnly);      // a failure is not remembered: what was lacking may be there the next time
}

/// <summary>Stands for an engine that was chosen and cannot run here: its first use throws the reason.</summary>
internal sealed class RefusedEngine(string reason) : Engine("refused")
{
    internal string Reason => reason;

    internal override ListenerSocket Listen(EndPoint endPoint, int backlog, SocketTimeouts timeouts) => throw Refused();

    internal override StreamSocket Adopt(Socket socket, SocketTimeouts timeouts) => throw Refused();

    internal override ListenerSocket AdoptListener(ListeningSocket listening, SocketTimeouts timeouts) => throw Refused();

    internal override Task<ConnectResult> ConnectAsync(EndPoint endPoint, SocketTimeouts timeouts, CancellationToken cancellationToken) =>
        Task.FromException<ConnectResult>(Refused());

    private PlatformNotSupportedException Refused() => new(reason);
}
