using System.Runtime.InteropServices;

namespace Zocalo.Cli;

/// <summary>The few C library calls that .NET has no equal for. Unix only: callers ask for the platform first.</summary>
internal static partial class LibC
{
    public const int GetDescriptorFlags = 1;
    public const int CloseOnExec = 1;
    public const int SeekCurrent = 1;
    public const int SignalInterrupt = 2;
    public const int SignalTerminate = 15;
    public const int Interrupted = 4;
    public const int BrokenPipe = 32;
    public const short PollIn = 1;
    public const short PollOut = 4;

    private const nint DefaultHandler = 0;
    private const nint IgnoringHandler = 1;

    /// <summary>EAGAIN: 11 on Linux, 35 on the BSD family (macOS among them).</summary>
    public static int Again { get; } = OperatingSystem.IsLinux() ? 11 : 35;

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static unsafe partial nint Read(int descriptor, byte* into, nuint count);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    public static unsafe partial nint ReadAt(int descriptor, byte* into, nuint count, nint offset);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    public static partial int Duplicate(int descriptor, int onto);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static unsafe partial nint Write(int descriptor, byte* bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static unsafe partial int Poll(PollEntry* entries, nuint count, int milliseconds);

    // Variadic in C; without its third argument it is called like any other function on every ABI.
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int DescriptorFlags(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "isatty", SetLastError = true)]
    public static partial int IsTerminal(int descriptor);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial nint Seek(int descriptor, nint offset, int whence);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    /// <summary>Whether a signal is ignored, as a shell without job control arranges SIGINT for what it starts with '&amp;'.</summary>
    public static unsafe bool IsIgnored(int signal)
    {
        // struct sigaction differs from system to system, but begins with the handler on all of them.
        var action = stackalloc nint[64];
        return SignalAction(signal, 0, action) == 0 && action[0] == IgnoringHandler;
    }

    /// <summary>Back to the default. Only for a signal that is ignored: a handler would lose its flags.</summary>
    public static void StopIgnoring(int signal) => _ = SetHandler(signal, DefaultHandler);

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    private static unsafe partial int SignalAction(int signal, nint action, nint* previous);

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    private static partial nint SetHandler(int signal, nint handler);

    /// <summary>struct pollfd, poll(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
