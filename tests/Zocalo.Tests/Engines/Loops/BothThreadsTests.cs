using Zocalo.Engines.Readiness;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>
/// The loop and strangers at one connection: a handler that reads on its loop and writes from the thread pool, or the other way round, changing sides at every message, while the loop changes hands again and again.
/// Every byte is compared.
/// </summary>
public sealed class BothThreadsTests
{
    private const int Messages = 400;
    private const int Connections = 6;

    public static TheoryData<string, bool> Cases => new()
    {
        { "threads", false },
        { "threads", true },
        { "select", false },
        { "select", true },
        { "epoll", false },
        { "epoll", true },
    };

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Cases))]
    public async Task Every_byte_is_right_wherever_a_handler_runs_and_whoever_owns_the_loop(string name, bool storm)
    {
        var calls = new InjectedCalls();
        if (storm)
        {
            var count = 0;
            calls.OnReceive = _ => Interlocked.Increment(ref count) % 5 == 0 ? Zocalo.Engines.IoResult.Pending : null;
            calls.OnSend = _ => Interlocked.Increment(ref count) % 7 == 0 ? Zocalo.Engines.IoResult.Pending : null;
            calls.Most = () => 1 + (Interlocked.Increment(ref count) * 37 % 300);
        }
        var engine = LoopEngines.Make(name, calls, around: inner => new HonestPoller(inner, calls));
        var loops = new System.Collections.Concurrent.ConcurrentDictionary<Loop, bool>();
        await using var served = await LoopEngines.ServeAsync(engine, async (connection, ct) =>
        {
            loops[Tenure.Current!.Loop] = true;
            var bytes = new byte[1000];
            for (var i = 0; await connection.ReceiveAsync(bytes, ct).ConfigureAwait(i % 3 != 0) is > 0 and var count; i++)
            {
                if (i % 2 == 0)
                {
                    await Task.Run(() => connection.SendAsync(bytes.AsMemory(0, count), ct).AsTask(), ct).ConfigureAwait(i % 4 == 0);
                }
                else
                {
                    await connection.SendAsync(bytes.AsMemory(0, count), ct);
                }
            }
        });
        using var stop = new CancellationTokenSource();
        var usurping = LoopEngines.RunAsync(() => Usurp(loops, stop.Token));
        await Task.WhenAll(Enumerable.Range(1, Connections).Select(seed => LoopEngines.RunAsync(() => Talk(served.LocalAddress, seed))));
        await stop.CancelAsync();
        await usurping;
    }

    /// <summary>Takes every loop over, whenever it is in user code: what the watchdog would do, far more often.</summary>
    private static void Usurp(System.Collections.Concurrent.ConcurrentDictionary<Loop, bool> loops, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (var loop in loops.Keys)
            {
                loop.Crew.TryTakeOver(loop.Word);
            }
            Thread.Yield();
        }
    }

    private static void Talk(Address address, int seed)
    {
        using var client = LoopEngines.Connect(address);
        var random = new Random(seed);
        for (var i = 0; i < Messages; i++)
        {
            var message = new byte[1 + random.Next(i % 50 == 0 ? 5000 : 40)];
            random.NextBytes(message);
            client.Send(message);
            Assert.Equal(message, LoopEngines.Receive(client, message.Length));
        }
    }
}
