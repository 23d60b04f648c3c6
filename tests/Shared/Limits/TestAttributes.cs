using System.Runtime.CompilerServices;
using Xunit.v3;

namespace Zocalo;

/// <summary>
/// A test with a limit. Inside the namespace <c>Zocalo</c> this is what <c>[Fact]</c> means, so that no test can be without one: see
/// <see cref="Limits"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer(typeof(FactDiscoverer))]
internal sealed class FactAttribute : Xunit.FactAttribute
{
    public FactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Timeout = Limits.OfATest;
}

/// <summary>The same for <c>[Theory]</c>: each case has the limit.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer(typeof(TheoryDiscoverer))]
internal sealed class TheoryAttribute : Xunit.TheoryAttribute
{
    public TheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Timeout = Limits.OfATest;
}
