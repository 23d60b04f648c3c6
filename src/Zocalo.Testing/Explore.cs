using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Zocalo.Testing;

/// <summary>Runs a test in many simulations, each with another seed, until one fails.</summary>
public static class Explore
{
    /// <summary>The environment variable that holds the one seed to run.</summary>
    public const string SeedVariable = "ZOCALO_SEED";

    private static readonly string[] s_frameworks =
    [
        "Microsoft.Testing.Platform", "testhost", "xunit.v3.core", "xunit.core", "nunit.framework", "MSTest.TestFramework",
        "Microsoft.VisualStudio.TestPlatform.TestFramework",
    ];

    private static readonly TimeSpan TimeForLastWords = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Runs <paramref name="test"/> with <paramref name="count"/> seeds, each on a network of its own, until one fails. With
    /// <c>ZOCALO_SEED</c> in the environment only that seed runs.
    /// </summary>
    /// <param name="count">The number of seeds, at least 1.</param>
    /// <param name="test">The test. It gets the network, runs inside its simulation, and throws when something is wrong.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="caller">
    /// The calling method, for the replay line when the running test cannot be found. The test is found by asking xunit or NUnit, or by
    /// searching the stack of the call.
    /// </param>
    /// <exception cref="SeedFailedException">The test failed, came to a standstill, left a connection open, or left the
    /// simulation.</exception>
    public static async Task Seeds(
        int count, Func<SimulatedNetwork, Task> test, ExploreOptions? options = null, [CallerMemberName] string caller = "")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentNullException.ThrowIfNull(test);
        var chosen = options ?? new();
        var running = RunningTest.Find();       // now, while the caller is on the stack
        var first = chosen.First;
        if (Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } given)
        {
            first = ulong.TryParse(given, CultureInfo.InvariantCulture, out var seed)
                ? seed
                : throw new FormatException($"{SeedVariable} is '{given}'; it must be a whole number.");
            count = 1;
        }
        var failures = new ConcurrentDictionary<ulong, SeedFailedException>();
        var begun = 0;
        await Task.WhenAll(Enumerable.Range(0, chosen.Parallelism).Select(_ => Task.Run(WorkAsync)));
        if (!failures.IsEmpty)
        {
            throw failures[failures.Keys.Min()];
        }

        async Task WorkAsync()
        {
            while (failures.IsEmpty && Interlocked.Increment(ref begun) is var number && number <= count)
            {
                var seed = unchecked(first + (ulong)number - 1);
                if (await RunAsync(seed, test, chosen) is var (error, trace) && error is not null)
                {
                    failures[seed] = new(seed, ReplayLine(seed, running, caller), error, trace);
                }
            }
        }
    }

    /// <summary>Runs one seed.</summary>
    private static async Task<(Exception? Error, string Trace)> RunAsync(
        ulong seed, Func<SimulatedNetwork, Task> test, ExploreOptions options)
    {
        SimulatedNetwork? net = null;
        Exception? failure = null;
        var body = InsideAsync();
        var standstill = net!.WatchForStandstill();
        await Task.WhenAny(body, standstill).ConfigureAwait(false);
        if (standstill.IsCompleted)
        {
            // The end of its connections wakes the test, which may throw an exception of its own.
            await Task.WhenAny(body, Task.Delay(TimeForLastWords, TimeProvider.System)).ConfigureAwait(false);
            await net.AbandonAsync().ConfigureAwait(false);
            var reason = await standstill.ConfigureAwait(false);
            failure = failure is null ? new TimeoutException(reason) : new TimeoutException($"{reason}; then: {failure.Message}", failure);
        }
        return failure is null ? default : (failure, net.Trace.ToString(options.TraceLines));

        async Task InsideAsync()
        {
            try
            {
                await using var made = net = new SimulatedNetwork(seed) { YieldRatio = options.YieldRatio };
                try
                {
                    await test(made);
                }
                catch (Exception error)
                {
                    failure = error;
                }
            }
            catch (Exception error)
            {
                failure = failure is null ? error : new AggregateException(failure, error);
            }
            if (failure is null && options.CheckLeaks)
            {
                failure = net!.FindLeaks();      // now that the last actions of the test have had their effect
            }
        }
    }

    private static string ReplayLine(ulong seed, RunningTest? running, string caller)
    {
        var command = running is not null ? $"dotnet test {Filter(running)}"
            : s_frameworks.Any(IsLoaded) ? $"dotnet test      # every test: which of them called {caller} cannot be told from here"
            : Environment.GetCommandLineArgs() is [_, _, ..] line ? $"dotnet run -- {string.Join(' ', line.Skip(1).Select(Quoted))}"
            : "dotnet run";
        return string.Create(CultureInfo.InvariantCulture, $"{SeedVariable}={seed} {command}");
    }

    private static string Filter(RunningTest test)
    {
        // A filter cannot name a generic class.
        var ofClass = test.Class is { } name && !name.AsSpan().ContainsAny("[`\"") ? name + "." : null;
        var isOnPlatform = IsLoaded("Microsoft.Testing.Platform") && !IsLoaded("testhost");     // VSTest's adapters load it too
        return isOnPlatform && IsLoaded("xunit.v3.core")
            ? $"-- --filter-method \"{ofClass ?? "*."}{test.Method}\""
            : $"{(isOnPlatform ? "-- " : "")}--filter \"FullyQualifiedName~{ofClass}{test.Method}\"";
    }

    private static bool IsLoaded(string name) => AppDomain.CurrentDomain.GetAssemblies().Any(assembly => assembly.GetName().Name == name);

    /// <summary>An argument, quoted for a shell.</summary>
    private static string Quoted(string argument) =>
        argument.Length > 0 && argument.All(static c => char.IsLetterOrDigit(c) || "-_./:=,+@%".Contains(c, StringComparison.Ordinal))
            ? argument
            : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
