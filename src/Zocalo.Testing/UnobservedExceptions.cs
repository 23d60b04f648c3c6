using System.Collections.Concurrent;

namespace Zocalo.Testing;

/// <summary>
/// Finds failed tasks that were never awaited, which otherwise fail silently. It watches
/// <see cref="TaskScheduler.UnobservedTaskException"/> until it is disposed:
/// <code>
/// using var unobserved = new UnobservedExceptions();
/// await RunAsync();
/// </code>
/// </summary>
/// <remarks>
/// That event concerns the whole process: it also reports tasks of tests that run at the same time. So run such a test alone (in xunit: a
/// collection with <c>DisableParallelization = true</c>), or watch a whole test run. Tasks that were dropped before it was made are not
/// reported. A task is not found while it is still referred to, for example by a variable of a running method, or before it has failed. It
/// forces garbage collections when it is made and when it is disposed. Thread-safe.
/// </remarks>
public sealed class UnobservedExceptions : IDisposable
{
    private readonly ConcurrentQueue<Exception> _seen = [];

    /// <summary>Starts to watch.</summary>
    public UnobservedExceptions()
    {
        Finalizers.Run();       // earlier dropped tasks are reported now, before this one subscribes
        TaskScheduler.UnobservedTaskException += OnUnobserved;
    }

    /// <summary>Runs the garbage collector, and fails if this or an earlier collection has found dropped tasks that failed. Each exception
    /// is reported once.</summary>
    /// <exception cref="AggregateException">All exceptions that were not observed.</exception>
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

    /// <summary>Calls <see cref="AssertNone"/> and stops watching.</summary>
    /// <exception cref="AggregateException">All exceptions that were not observed. It replaces an exception that is leaving the
    /// method.</exception>
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
