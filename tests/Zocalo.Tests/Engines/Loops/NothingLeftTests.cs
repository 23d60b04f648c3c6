using System.Collections.Concurrent;
using Zocalo.Engines.Loops;
using Zocalo.Tests.Engines.Polling;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>After many connections, however they ended and whichever threads took their loops over, the process has the descriptors and
/// threads that it had before.</summary>
[Collection(nameof(ManyDescriptors))]
public sealed class NothingLeftTests
{
    private const int Rounds = 60;
    private const int AtOnce = 8;

    private readonly ConcurrentDictionary<Loop, bool> _loops = new();

    public static TheoryData<string> All => LoopEngines.All;

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task A_churn_with_take_overs_leaves_no_descriptor_and_no_thread(string name)
    {
        var others = Threads(name);     // of earlier tests' engines, which are never taken down
        var engine = LoopEngines.Make(name);
        await ChurnAsync(engine, 2, usurp: false);      // what is made once
        var threads = others + 1;
        Assert.True(SpinWait.SpinUntil(() => Threads(name) <= threads, LoopEngines.Cap), $"{Threads(name)} threads, {others} before");
        var descriptors = Descriptors.SettledCount();
        await ChurnAsync(engine, Rounds, usurp: true);
        const int Spares = 4;
        var allowed = threads + (name == "threads" ? 0 : Spares);
        SpinWait.SpinUntil(() => Descriptors.Count <= descriptors && Threads(name) <= allowed, LoopEngines.Cap);
        Assert.InRange(Threads(name), 0, allowed);
        Assert.InRange(Descriptors.Count, 0, descriptors);
    }

    private async Task ChurnAsync(LoopEngine engine, int rounds, bool usurp)
    {
        using var stop = new CancellationTokenSource();
        var usurping = usurp ? LoopEngines.RunAsync(() => Usurp(stop.Token)) : Task.CompletedTask;
        await using (var served = await LoopEngines.ServeAsync(engine, (connection, ct) =>
        {
            _loops[engine.CurrentLoop ?? engine.FirstLoop] = true;
            return LoopEngines.EchoAsync(connection, ct);
        }))
        {
            await LoopEngines.RunAsync(() =>
            {
                for (var round = 0; round < rounds; round++)
                {
                    var clients = Enumerable.Range(0, AtOnce).Select(_ => LoopEngines.Connect(served.LocalAddress)).ToList();
                    for (var i = 0; i < AtOnce; i++)
                    {
                        if (i % 5 == 0)
                        {
                            clients[i].Close(0);        // a reset
                            continue;
                        }
                        LoopEngines.Ping(clients[i]);
                        clients[i].Dispose();
                    }
                }
            });
        }
        await stop.CancelAsync();
        await usurping;
        _loops.Clear();
    }

    private void Usurp(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (var loop in _loops.Keys)
            {
                loop.Threads.TryTakeOver(loop.Word);
            }
            Thread.Yield();
        }
    }

    private static int Threads(string engine)
    {
        var count = 0;
        foreach (var task in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                count += File.ReadAllText(Path.Combine(task, "comm")).Trim() == $"zocalo {engine}" ? 1 : 0;
            }
            catch (IOException)
            {
                // It has just ended.
            }
        }
        return count;
    }
}
