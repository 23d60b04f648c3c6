namespace Zocalo;

internal static class Thorough
{
    internal static bool IsOn { get; } = Environment.GetEnvironmentVariable("ZOCALO_THOROUGH") == "1";
}
