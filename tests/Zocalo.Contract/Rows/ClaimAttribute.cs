using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit.Sdk;
using Xunit.v3;

namespace Zocalo.Contract.Rows;

/// <summary>A claim of the contract: the method is written once and runs on every row, each shown by its name.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer(typeof(TheoryDiscoverer))]
public sealed class ClaimAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : TheoryAttribute(file, line), IDataAttribute
{
    bool? IDataAttribute.Explicit => null;

    string? IDataAttribute.Label => null;

    string? IDataAttribute.TestDisplayName => null;

    int? IDataAttribute.Timeout => null;

    string[]? IDataAttribute.Traits => null;

    public ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([.. Transports.Chosen.Select(row => new TheoryDataRow<Transport>(row) { Skip = row.Missing })]);

    public bool SupportsDiscoveryEnumeration() => true;
}
