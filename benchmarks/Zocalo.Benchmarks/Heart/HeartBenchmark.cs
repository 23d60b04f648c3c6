using System.Diagnostics;
using System.Globalization;
using Zocalo.Engines.Loops;
using Zocalo.Engines.Loops.Takeover;

namespace Zocalo.Benchmarks.Heart;

/// <summary>
/// What a message costs in user space: a loop of the engine <c>epoll</c> with its connections and a handler, over calls and a poller that
/// cost next to nothing. One thread does everything. Each case runs in a process of its own, as the other benchmarks do.
/// </summary>
internal static class HeartBenchmark
{
    private const int Connections = 64;
    private const int DefaultSeconds = 2;

    private static readonly Case[] Cases =
    [
        new("floor", Messages.Length, null),
        new("copy", Messages.Length, Echoes.CopyAsync),
        new("plain", Messages.Length, Echoes.PlainAsync),
        new("bytes", Messages.Length, Echoes.BytesAsync),
        new("framed", Messages.Length, Echoes.FramedAsync),
        new("framed16", Messages.Length, Echoes.FramedAsync, Depth: 16),
        new("copy4k", 4 * 1024, Echoes.CopyAsync),
        new("copy64k", 64 * 1024, Echoes.CopyAsync),
    ];

    /// <summary>Runs <c>[case] [--counted] [--seconds n]</c>.</summary>
    /// <returns>The exit code.</returns>
    internal static async Task<int> RunAsync(string[] args)
    {
        if (!OperatingSystem.IsLinux())
        {
            Console.Error.WriteLine("heart measures by a clock of Linux, and this is another system.");
            return 1;
        }
        var seconds = DefaultSeconds;
        if (args is [.. var before, "--seconds", var text]
            && int.TryParse(text, CultureInfo.InvariantCulture, out seconds)
            && seconds is > 0 and <= 3600)
        {
            args = before;
        }
        var isCounted = args is [.., "--counted"];
        args = isCounted ? args[..^1] : args;
        switch (args)
        {
            case []:
                return await RunEachAsync(seconds, isCounted);
            case [var name] when Array.Find(Cases, each => each.Name == name) is { } chosen:
                await RunAsync(chosen, seconds, isCounted);
                return 0;
            default:
                Console.Error.WriteLine($"heart [{string.Join('|', Cases.Select(each => each.Name))}] [--counted] [--seconds n]");
                return 2;
        }
    }

    private static async Task<int> RunEachAsync(int seconds, bool isCounted)
    {
        foreach (var each in Cases)
        {
            List<string> arguments = ["heart", each.Name, "--seconds", seconds.ToString(CultureInfo.InvariantCulture)];
            if (isCounted)
            {
                arguments.Insert(2, "--counted");
            }
            using var process = Process.Start(Environment.ProcessPath!, arguments);
            await process.WaitForExitAsync();
            if (process.ExitCode != 0)
            {
                return process.ExitCode;
            }
        }
        return 0;
    }

    private static async Task RunAsync(Case chosen, int seconds, bool isCounted)
    {
        var calls = new InstantCalls(Connections, chosen.MessageLength * chosen.Depth);
        var meter = new SliceMeter(chosen.MessageLength, seconds);
        var engine = new MultiplexingEngine("heart", () => new InstantPoller(Connections, calls, meter), calls, loops: 1, rescue: true)
        {
            // There, as on epoll; but it never looks, or a busy machine would be taken for a handler that blocks.
            NewWatchdog = static loops => new Watchdog(loops, runs: false),
        };
        if (chosen.Handler is { } handler)
        {
            await SocketServer.StartAsync("127.0.0.1:0", handler, isCounted ? Counting.Of(engine) : new() { Engine = engine });
        }
        else
        {
            for (var socket = 1; socket <= Connections; socket++)
            {
                engine.FirstLoop.Post(new WorkItem(new BareEcho(engine.FirstLoop, socket)));
            }
        }
        var cost = await meter.Result;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{chosen.Name,-10}{cost.Undisturbed,8:0.0} ns a message (median{cost.Median,7:0.0}), {cost.Bytes,6:0.00} bytes"));
    }

    /// <param name="Name">By which it is chosen.</param>
    /// <param name="MessageLength">In bytes.</param>
    /// <param name="Handler">Null: no connections at all.</param>
    /// <param name="Depth">Messages that arrive at once.</param>
    private sealed record Case(string Name, int MessageLength, ConnectionHandler? Handler, int Depth = 1);
}
