using Zocalo.Engines.Polling;
using Zocalo.Tests.Engines.Loops;
using Interest = Zocalo.Engines.Polling.Readiness;

namespace Zocalo.Tests.Engines.Polling;

/// <summary>One wake-up for two pollers: who is woken, who is not disturbed by it, and what is left behind.</summary>
public sealed class SharedWakeTests
{
    private const int Capped = 30_000;      // milliseconds; a wait that ends by itself fails the test

    private readonly SharedWakes _wakes = new();

    public SharedWakeTests() => Assert.SkipUnless(LoopEngines.IsLinux, "Linux's calls.");

    [Fact]
    public void A_seat_that_is_free_is_taken_before_another_descriptor_is_opened()
    {
        var model = new Dictionary<SharedWake, int>();
        var random = new Random(11);
        for (var i = 0; i < 2000; i++)
        {
            var isRoom = model.Values.Any(sitting => sitting < SharedWakes.Seats);
            if (model.Count < 20 && random.Next(2) == 0)
            {
                var taken = _wakes.TakeSeat();
                Assert.Equal(isRoom, model.ContainsKey(taken));
                model[taken] = model.GetValueOrDefault(taken) + 1;
                Assert.InRange(model[taken], 1, SharedWakes.Seats);
            }
            else if (model.Count > 0)
            {
                var left = model.Keys.ElementAt(random.Next(model.Count));
                Leave(left);
                if (--model[left] == 0)
                {
                    model.Remove(left);
                }
            }
        }
        foreach (var (wake, sitting) in model)
        {
            for (var i = 0; i < sitting; i++)
            {
                Leave(wake);
            }
        }
    }

    [Fact]
    public void Who_is_woken_is_told_and_who_shares_it_is_not()
    {
        var (one, other) = Pair();
        one.Wake();
        one.Wake();
        Assert.Equal(0, other.Wait(-1));        // an instant, and not until it is woken itself
        Assert.Equal(1, one.Wait(Capped));
        Assert.Equal(Interest.None, one.Event(0).Readiness);
        Assert.Equal(0, one.Wait(0));
        Assert.Equal(0, other.Wait(0));
        Close(one, other);
    }

    /// <summary>Its descriptor is readable all the time, until the other one takes what is for it: who polls it gives the processor away at
    /// each round, by sleeping.</summary>
    [Fact]
    public void Who_is_disturbed_by_another_does_not_spin()
    {
        const int Rounds = 30;
        var (one, other) = Pair();
        one.Wake();
        var before = Sleeps();
        for (var i = 0; i < Rounds; i++)
        {
            Assert.Equal(0, other.Wait(-1));
        }
        Assert.InRange(Sleeps() - before, Rounds, int.MaxValue);
        Assert.Equal(1, one.Wait(Capped));
        Close(one, other);
    }

    [Fact]
    public void Each_takes_its_own_in_either_order()
    {
        var (one, other) = Pair();
        foreach (var (first, second) in ((PollPoller, PollPoller)[])[(one, other), (other, one)])
        {
            one.Wake();
            other.Wake();
            Assert.Equal(1, first.Wait(Capped));
            Assert.Equal(0, first.Wait(0));
            Assert.Equal(1, second.Wait(Capped));
            Assert.Equal(0, second.Wait(0));
        }
        Close(one, other);
    }

    /// <summary>What it left there would wake the other one again and again.</summary>
    [Fact]
    public void Who_ends_takes_along_what_it_did_not_notice()
    {
        var wake = _wakes.TakeSeat();
        var (one, other) = (new PollPoller(wake), new PollPoller(_wakes.TakeSeat()));
        one.Wake();
        one.Close();
        Assert.Equal(0, CountOf(wake));
        other.Wake();
        Assert.Equal(1, CountOf(wake));
        Assert.Equal(1, other.Wait(Capped));
        Assert.Equal(0, CountOf(wake));
        Close(other);
    }

    [Fact]
    public async Task Who_is_woken_while_it_leaves_the_descriptor_out_notices_it_all_the_same()
    {
        var wake = _wakes.TakeSeat();
        var (one, other) = (new PollPoller(wake), new PollPoller(_wakes.TakeSeat()));
        one.Wake();
        var rounds = 0;
        var stop = false;
        var waiting = LoopEngines.RunAsync(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                other.Wait(-1);
                Interlocked.Increment(ref rounds);
            }
        });
        // one does not take its own, and other goes on waiting
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref rounds) > 3, LoopEngines.Cap));
        other.Wake();
        Assert.True(SpinWait.SpinUntil(() => CountOf(wake) == 1, LoopEngines.Cap));
        Volatile.Write(ref stop, true);
        await waiting;
        Assert.Equal(1, one.Wait(Capped));
        Close(one, other);
    }

    private static int CountOf(SharedWake wake) => Convert.ToInt32(Field($"/proc/self/fdinfo/{wake.Descriptor}", "eventfd-count:"), 16);

    /// <summary>How often this thread has gone to sleep.</summary>
    private static int Sleeps() => int.Parse(Field("/proc/thread-self/status", "voluntary_ctxt_switches:"), null);

    private static string Field(string path, string name) =>
        File.ReadLines(path).First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Trim();

    private static void Leave(SharedWake wake)
    {
        var isWoken = false;
        wake.Leave(ref isWoken);
    }

    private static void Close(params PollPoller[] pollers) => Array.ForEach(pollers, poller => poller.Close());

    private (PollPoller One, PollPoller Other) Pair() => (new(_wakes.TakeSeat()), new(_wakes.TakeSeat()));
}
