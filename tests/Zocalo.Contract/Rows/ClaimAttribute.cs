using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit.Sdk;
using Xunit.v3;

namespace Zocalo.Contract.Rows;

/// <summary>A claim of the contract: the method is written once and runs on every row, each shown by its name.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer(typeof(TheoryDiscoverer))]
public sealed class ClaimAttribute : Xunit.TheoryAttribute, IDataAttribute
{
    /// <summary>For xunit, which is told where the claim stands.</summary>
    public ClaimAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Timeout = Limits.OfATest;

    /// <summary>What the claim cannot do without: rows that do not have it leave the claim to those that do. docs/testing.md lists these
    /// claims.</summary>
    public Needs Needs
    {
        get;
        init
        {
            field = value;
            SkipTestWithoutData = value != Needs.Nothing;       // with one engine chosen, there may be no row for it
        }
    }

    /// <summary>It is about a race, and repeats it as often as <see cref="Transport.Times"/> says. By default a noisy row has only
    /// these.</summary>
    public bool Races { get; init; }

    bool? IDataAttribute.Explicit => null;

    string? IDataAttribute.Label => null;

    string? IDataAttribute.TestDisplayName => null;

    int? IDataAttribute.Timeout => null;

    string[]? IDataAttribute.Traits => null;

    public ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([.. Transports.Chosen.Where(HasIt).Select(row => new TheoryDataRow<Transport>(row) { Skip = row.Missing })]);

    public bool SupportsDiscoveryEnumeration() => true;

    private bool HasIt(Transport row) =>
        (Needs == Needs.Nothing || !row.Has(Divergence.NoThreads)) && (Races || !row.IsNoisy || Transports.AreComplete);
}
