using System.Runtime.CompilerServices;
using Zocalo.Testing;
using Zocalo.Tests.Allocation;

namespace Zocalo.Tests.Testing;

/// <summary>The event that it watches is the whole process's, so nothing may run beside these.</summary>
[Collection(nameof(Alone))]
public sealed class UnobservedExceptionsTests
{
    [Fact]
    public void A_task_that_failed_and_was_dropped_is_found()
    {
        var watch = new UnobservedExceptions();
        Drop("first");
        Drop("second");
        var error = Assert.Throws<AggregateException>(watch.Dispose);
        Assert.Equal(["first", "second"], error.InnerExceptions.Select(e => Assert.IsType<InvalidDataException>(e).Message).Order());
        Assert.Contains("await every task", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_can_be_asked_meanwhile_and_tells_each_once()
    {
        using var watch = new UnobservedExceptions();
        watch.AssertNone();
        Drop("first");
        Assert.Single(Assert.Throws<AggregateException>(watch.AssertNone).InnerExceptions);
        watch.AssertNone();
        Drop("second");
        Assert.Equal("second", Assert.Throws<AggregateException>(watch.AssertNone).InnerException?.Message);
    }

    [Fact]
    public void All_exceptions_of_a_task_are_told()
    {
        var watch = new UnobservedExceptions();
        DropBoth();
        Assert.Equal(["one", "two"], Assert.Throws<AggregateException>(watch.Dispose).InnerExceptions.Select(e => e.Message).Order());
    }

    [Fact]
    public async Task One_that_was_awaited_or_looked_at_is_not()
    {
        using var watch = new UnobservedExceptions();
        await Assert.ThrowsAsync<InvalidDataException>(() => Failed("awaited"));
        Look();
    }

    [Fact]
    public void One_that_was_found_before_the_end_is_told_at_the_end()
    {
        var watch = new UnobservedExceptions();
        Drop("early");
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Throws<AggregateException>(watch.Dispose);
    }

    [Fact]
    public void What_was_dropped_before_or_is_dropped_afterwards_is_not_charged_to_it()
    {
        Drop("before");
        var watch = new UnobservedExceptions();
        watch.Dispose();
        Drop("afterwards");
        watch.AssertNone();
        watch.Dispose();
    }

    [Fact]
    public void It_watches_no_more_when_its_end_has_failed()
    {
        var watch = new UnobservedExceptions();
        Drop("first");
        Assert.Throws<AggregateException>(watch.Dispose);
        Drop("second");
        watch.AssertNone();
    }

    [Fact]
    public void One_that_is_still_held_is_not_found()
    {
        using var watch = new UnobservedExceptions();
        var held = Failed("held");
        watch.AssertNone();
        Assert.NotNull(held.Exception);
    }

    // Not inlined: what the methods below drop is free when they have returned.

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(string message) => _ = Failed(message);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DropBoth() => _ = Task.WhenAll(Failed("one"), Failed("two"));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Look() => Assert.NotNull(Failed("looked at").Exception);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task Failed(string message) => Task.FromException(new InvalidDataException(message));
}
