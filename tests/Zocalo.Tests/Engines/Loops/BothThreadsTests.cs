using Zocalo.Engines.Loops;
using Zocalo.Engines.Loops.Takeover;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>
/// The loop and foreign threads at one connection: a handler that reads on its loop and writes from the thread pool, or the other way
/// round, changing sides at every message, while the loop changes hands again and again: a handler gives its own loop away in the middle of
/// a callback, and clients take loops over whenever they find them in user code. Every byte is compared.
/// </summary>
public sealed class BothThreadsTests
{
    private const int Messages = 60;
    private const int Connections = 4;

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
    public async Task Every_byte_is_right_wherever_a_handler_runs_and_whichever_thread_owns_the_loop(string name, bool storm)
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
        var (begun, taken) = (0, 0);
        await using var served = await LoopEngines.ServeAsync(engine, async (connection, ct) =>
        {
            var loop = LoopOwnership.Current!.Loop;
            loops[loop] = true;
            if (Interlocked.Increment(ref begun) == 1)
            {
                TakeOver(loop);     // in user code for certain: either this succeeds, or a client's did, just now
            }
            var bytes = new byte[1000];
            for (var i = 0; await connection.ReceiveAsync(bytes, ct).ConfigureAwait(i % 3 != 0) is > 0 and var count; i++)
            {
                if (i % 20 == 19 && engine.CurrentLoop is { } here)
                {
                    TakeOver(here);
                }
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
        await Task.WhenAll(Enumerable.Range(1, Connections).Select(seed =>
            LoopEngines.RunAsync(() => Talk(served.LocalAddress, seed, Usurp))));
        Assert.NotEqual(0, taken);

        void TakeOver(Loop loop)
        {
            if (loop.Threads.TryTakeOver(loop.Word))
            {
                Interlocked.Increment(ref taken);
            }
        }

        // Takes every loop over that is in user code now: what the watchdog would do, far more often.
        void Usurp()
        {
            for (var i = 0; i < 10; i++)
            {
                foreach (var loop in loops.Keys)
                {
                    TakeOver(loop);
                }
            }
        }
    }

    private static void Talk(Address address, int seed, Action usurp)
    {
        using var client = LoopEngines.Connect(address);
        var random = new Random(seed);
        for (var i = 0; i < Messages; i++)
        {
            var message = new byte[1 + random.Next(i % 50 == 0 ? 5000 : 40)];
            random.NextBytes(message);
            client.Send(message);
            usurp();
            Assert.Equal(message, LoopEngines.Receive(client, message.Length));
        }
    }
}
