using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using Perfolizer.Horology;
using BenchmarkJob = BenchmarkDotNet.Jobs.Job;

namespace Zocalo.Benchmarks.Running;

/// <summary>How benchmarks run: each in a process of its own, so that what the runtime learns from one is no help and no harm to the
/// next.</summary>
internal static class Suite
{
    /// <param name="quick">All in a few minutes: good enough to see a ratio that is far off. Many short iterations, so that the column Min
    /// is of use on a busy machine too.</param>
    internal static BenchmarkJob Job(bool quick) => BenchmarkJob.Default
        .WithLaunchCount(1)
        .WithIterationTime(TimeInterval.FromMilliseconds(quick ? 10 : 250))
        .WithWarmupCount(quick ? 30 : 10)
        .WithIterationCount(quick ? 40 : 15)
        // what is hot is compiled for speed during the warm-up, also on a busy machine
        .WithEnvironmentVariable("DOTNET_TC_CallCountingDelayMs", "0");

    /// <param name="job">Null if the command line has one.</param>
    internal static IConfig Config(BenchmarkJob? job)
    {
        var config = ManualConfig.Create(DefaultConfig.Instance)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumn(CategoriesColumn.Default, StatisticColumn.Min, new ThroughputColumn())
            .HideColumns(
                Column.Type,
                Column.Namespace,
                Column.Job,
                Column.Error,
                Column.AllocRatio,
                Column.Median,
                Column.UnrollFactor,
                Column.InvocationCount,
                Column.WarmupCount)
            .AddLogicalGroupRules(BenchmarkLogicalGroupRule.ByCategory)
            .WithOptions(ConfigOptions.JoinSummary)
            .WithArtifactsPath(Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../benchmarks")));
        return job is null ? config : config.AddJob(job);
    }
}
