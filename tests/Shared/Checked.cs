using System.Runtime.CompilerServices;

namespace Zocalo;

/// <summary>Switches on the library's own assertions, here and in the programs that tests start, before any of its code runs.</summary>
internal static class Checked
{
#pragma warning disable CA2255 // a module initializer in a library: this is a test program
    [ModuleInitializer]
    internal static void SwitchOn() => Environment.SetEnvironmentVariable("ZOCALO_CHECKED", "1");
#pragma warning restore CA2255
}
