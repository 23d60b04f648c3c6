using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Zocalo.Benchmarks.Running;

/// <summary>How many bytes one operation goes through.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class BytesPerOperationAttribute(int bytes) : Attribute
{
    internal int Bytes => bytes;
}

/// <summary>10⁹ bytes a second, where a benchmark says how many bytes an operation has.</summary>
internal sealed class ThroughputColumn : IColumn
{
    public string Id => nameof(ThroughputColumn);

    public string ColumnName => "GB/s";

    public string Legend => "10^9 bytes searched in a second";

    public bool AlwaysShow => false;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(benchmark => BytesOf(benchmark) > 0);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => BytesOf(benchmarkCase) == 0;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        BytesOf(benchmarkCase) is > 0 and var bytes && summary[benchmarkCase]?.ResultStatistics is { } result
            ? (bytes / result.Mean).ToString("0.0", CultureInfo.InvariantCulture)       // bytes a nanosecond
            : "-";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    private static int BytesOf(BenchmarkCase benchmarkCase) =>
        benchmarkCase.Descriptor.Type.GetCustomAttribute<BytesPerOperationAttribute>()?.Bytes ?? 0;
}
