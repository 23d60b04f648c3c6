using System.Text;
using Zocalo.Engines.System;
using Zocalo.Tests.Engines.Loops;

namespace Zocalo.Tests.Engines;

/// <summary>What the system says of a thread.</summary>
public sealed class ThreadTimesTests
{
    [Theory]
    [InlineData("1500 2700 3\n", 1500, 2700)]
    [InlineData("0 0 0\n", 0, 0)]
    [InlineData("98765432100 400 12345678901", 98765432100, 400)]
    public void The_times_are_the_first_two_numbers_in_nanoseconds(string text, long ran, long queued)
    {
        Assert.True(ThreadTimesReader.TryReadTimes(Encoding.UTF8.GetBytes(text), out var first, out var second));
        Assert.Equal((ran / 100, queued / 100), (first.Ticks, second.Ticks));
    }

    [Theory]
    [InlineData("")]
    [InlineData("12")]
    [InlineData("a b c\n")]
    [InlineData("1 x 2\n")]
    public void What_is_no_times_is_refused(string text) =>
        Assert.False(ThreadTimesReader.TryReadTimes(Encoding.UTF8.GetBytes(text), out _, out _));

    [Theory]
    [InlineData("17 (zocalo epoll) R 1 17", true)]
    [InlineData("17 (zocalo epoll) S 1 17", false)]
    [InlineData("17 (zocalo) R) D 1 17", false)]
    [InlineData("17 (:-) ) R 1 17", true)]
    public void The_state_stands_behind_the_name_whatever_the_name_is(string text, bool isRunnable)
    {
        Assert.True(ThreadTimesReader.TryReadState(Encoding.UTF8.GetBytes(text), out var found));
        Assert.Equal(isRunnable, found);
    }

    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's files.")]
    public async Task A_thread_is_seen_to_sleep_to_run_and_to_end()
    {
        using var met = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        int? number = null;
        var computes = true;
        var thread = new Thread(() =>
        {
            number = ThreadTimesReader.CurrentThread;
            met.Set();
            go.Wait(LoopEngines.Cap);
            while (Volatile.Read(ref computes))
            {
            }
        }) { IsBackground = true };
        thread.Start();
        await LoopEngines.RunAsync(() => Assert.True(met.Wait(LoopEngines.Cap)));
        using var reader = ThreadTimesReader.TryOpen(number!.Value)!;
        await LoopEngines.UntilAsync(() => reader.Read() is { IsRunnable: false }, "it waits, and does not sleep");
        var before = reader.Read()!.Value.Ran;
        go.Set();
        await LoopEngines.UntilAsync(
            () => reader.Read() is { IsRunnable: true } now && now.Ran > before + TimeSpan.FromMilliseconds(20),
            "it computes, and does not run");
        Volatile.Write(ref computes, false);
        await LoopEngines.RunAsync(() => Assert.True(thread.Join(LoopEngines.Cap)));
        await LoopEngines.UntilAsync(() => reader.Read() is null, "it has ended, and has times");
        Assert.Null(ThreadTimesReader.TryOpen(number.Value));
    }
}
