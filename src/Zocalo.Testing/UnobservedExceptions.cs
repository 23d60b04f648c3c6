using System.Collections.Concurrent;

namespace Zocalo.Testing;

/// <summary>
/// Finds tasks that failed and that nobody awaited, which otherwise fail in silence. It watches
/// <see cref="TaskScheduler.UnobservedTaskException"/> from its making to its end:
/// <code>
/// using var unobserved = new UnobservedExceptions();
/// await RunAsync();
/// </code>
/// </summary>
/// <remarks>
/// That event is the whole process's: it also tells of tasks that tests which run beside this one drop meanwhile. So run such a test alone
/// (in xunit: a collection with <c>DisableParallelization = true</c>), or watch over a whole test run. What was dropped before its making
/// is not charged to it. A task that is still held, by a variable of a method that runs for example, or has not failed yet, is not found.
/// It forces the garbage collector, at both ends. Thread-safe.
/// </remarks>
public sealed class UnobservedExceptions : IDisposable
{
    private readonly ConcurrentQueue<Exception> _seen = [];

    /// <summary>Begins to watch.</summary>
    public UnobservedExceptions()
    {
        Finalizers.Run();       // what was dropped before tells so now, to others
        TaskScheduler.UnobservedTaskException += OnUnobserved;
    }

    /// <summary>Has the collector look for dropped tasks, and fails if it, or an earlier collection, found any that failed. Each exception
    /// is reported once.</summary>
    /// <exception cref="AggregateException">All exceptions that nobody observed.</exception>
    public void AssertNone()
    {
        Finalizers.Run();
        var seen = new List<Exception>();
        while (_seen.TryDequeue(out var exception))
        {
            seen.Add(exception);
        }
        if (seen.Count > 0)
        {
            throw new AggregateException(
                $"Tasks failed and nobody looked at them; await every task that is started. {seen.Count} unobserved:", seen);
        }
    }

    /// <summary>Looks for the last time, as <see cref="AssertNone"/> does, and watches no more.</summary>
    /// <exception cref="AggregateException">All exceptions that nobody observed. It takes the place of an exception that was on its way out
    /// of the method.</exception>
    public void Dispose()
    {
        try
        {
            AssertNone();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= OnUnobserved;
        }
    }

    private void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs failed)
    {
        foreach (var exception in failed.Exception.InnerExceptions)
        {
            _seen.Enqueue(exception);
        }
    }
}
