using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace Zocalo;

/// <summary>A row of a theory, as InlineData, that only a thorough run has (<see cref="Thorough.IsOn"/>): another case of what the rows
/// beside it show.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class ThoroughDataAttribute(params object?[] data) : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new(Thorough.IsOn ? [new TheoryDataRow(data)] : []);

    public override bool SupportsDiscoveryEnumeration() => true;
}
