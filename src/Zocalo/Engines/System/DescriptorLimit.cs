using System.Runtime.InteropServices;

namespace Zocalo.Engines.System;

/// <summary>RLIMIT_NOFILE (getrlimit(2)): how many descriptors this process may have open.</summary>
internal static partial class DescriptorLimit
{
    private const int LinuxNoFile = 7;
    private const int BsdNoFile = 8;

    /// <returns>Null where there is no such limit (Windows) or it cannot be read.</returns>
    internal static long? Current
    {
        get
        {
            if (OperatingSystem.IsWindows())
            {
                return null;
            }
            var resource = OperatingSystem.IsLinux() ? LinuxNoFile : BsdNoFile;
            return GetLimit(resource, out var limit) == 0 && limit.Soft <= long.MaxValue ? (long)limit.Soft : null;
        }
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Limit
    {
        internal readonly ulong Soft;
        internal readonly ulong Hard;
    }
}
