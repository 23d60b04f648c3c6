using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Zocalo.Engines.Blocking;
using Zocalo.Engines.Native;
using Zocalo.Engines.Readiness;

namespace Zocalo.Engines;

/// <summary>Which engines there are, and whether they can run here.</summary>
internal static class EngineList
{
    internal static readonly Lazy<Engine> Threads = Shared("threads");
    internal static readonly Lazy<Engine> Select = Shared("select");
    internal static readonly Lazy<Engine> Epoll = Shared("epoll");

    private const string Strict = ",strict";

    private const string Names = "auto, async, threads, select or epoll";

    internal static bool TryFind(string name, [NotNullWhen(true)] out Engine? engine, [NotNullWhen(false)] out string? reason)
    {
        ArgumentNullException.ThrowIfNull(name);
        var known = name.ToUpperInvariant();
        reason = WhyNot(known, name);
        engine = reason is not null ? null : known switch
        {
            "AUTO" => Engine.Auto,
            "ASYNC" => Engine.Async,
            "THREADS" => Threads.Value,
            "SELECT" => Select.Value,
            _ => Epoll.Value,
        };
        return reason is null;
    }

    internal static bool TryChoose(string choice, EngineOptions options, [NotNullWhen(true)] out Engine? engine, out string? reason)
    {
        var name = choice.EndsWith(Strict, StringComparison.OrdinalIgnoreCase) ? choice[..^Strict.Length] : choice;
        if (options == EngineOptions.Default ? TryFind(name, out engine, out reason) : TryMake(name, options, out engine, out reason))
        {
            return true;
        }
        if (name.Length < choice.Length || !IsKnown(name))
        {
            return false;
        }
        engine = Engine.Async;
        reason = $"{reason}; the engine async is used instead";
        return true;
    }

    internal static bool TryMake(string name, EngineOptions options, [NotNullWhen(true)] out Engine? engine, [NotNullWhen(false)] out string? reason)
    {
        ArgumentNullException.ThrowIfNull(name);
        var known = name.ToUpperInvariant();
        reason = WhyNot(known, name);
        engine = reason is null ? Make(known, options) : null;
        return reason is null;
    }

    private static bool IsKnown(string name) => name.ToUpperInvariant() is "AUTO" or "ASYNC" or "THREADS" or "SELECT" or "EPOLL";

    private static Engine Make(string known, EngineOptions options)
    {
        var loops = options.Loops > 0 ? options.Loops : Environment.ProcessorCount;
        return known switch
        {
            "THREADS" => new BlockingEngine(static () => new PollPoller(), LinuxSocketCalls.Instance),
            "SELECT" => new ReadinessEngine("select", static () => new SelectPoller(), LinuxSocketCalls.Instance, loops, rescue: false),
            "EPOLL" => new ReadinessEngine("epoll", static () => new EpollPoller(), LinuxSocketCalls.Instance, loops, options.Rescue),
            "ASYNC" => Engine.Async,
            _ => Engine.Auto,
        };
    }

    /// <returns>Null when it can run here.</returns>
    private static string? WhyNot(string known, string asked) => known switch
    {
        "AUTO" => (Engine.Auto as RefusedEngine)?.Reason,
        "ASYNC" => null,
        "THREADS" => null,
        "SELECT" or "EPOLL" when !OperatingSystem.IsLinux() => $"the engine '{asked}' drives Linux's own system calls, and this is another system; choose async or threads",
        "SELECT" or "EPOLL" when RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64) =>
            $"the engine '{asked}' knows the system calls of x64 and arm64, and this is {RuntimeInformation.ProcessArchitecture}; choose async",
        "EPOLL" => TryEpoll(),
        "SELECT" => null,
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

    private static Lazy<Engine> Shared(string name) => new(() => TryMake(name, EngineOptions.Default, out var engine, out var reason) ? engine : throw new PlatformNotSupportedException(reason));
}
