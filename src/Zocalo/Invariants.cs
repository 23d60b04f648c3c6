namespace Zocalo;

/// <summary>
/// Assertions about what the library owes itself. They are off, and cost nothing once the code is compiled, unless the environment variable
/// <c>ZOCALO_CHECKED=1</c> switches them on when the process starts, as all test builds do: also in Release, where Debug.Assert says
/// nothing.
/// </summary>
/// <remarks>One that does not hold ends the process at once, with the stack: no handler can swallow it, and no test pass over it.</remarks>
internal static class Invariants
{
    /// <summary>Guards an assertion whose condition costs something.</summary>
    internal static readonly bool AreChecked = Environment.GetEnvironmentVariable("ZOCALO_CHECKED") == "1";

    internal static void Assert(bool holds, string invariant)
    {
        if (AreChecked && !holds)
        {
            Environment.FailFast($"Zocalo: this does not hold: {invariant}");
        }
    }
}
