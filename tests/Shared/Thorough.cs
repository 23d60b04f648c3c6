namespace Zocalo;

/// <summary>Whether tests that take long run in full: <c>ZOCALO_THOROUGH=1</c>, as CI sets it.</summary>
internal static class Thorough
{
    internal static bool IsOn { get; } = Environment.GetEnvironmentVariable("ZOCALO_THOROUGH") == "1";
}
