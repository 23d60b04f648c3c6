using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Zocalo.Tests.Selecting;

/// <summary>What .NET does not do: terminals, signals to a thread, a thread's own processor time.</summary>
internal static class Unix
{
    internal const int UserSignal = 10;     // SIGUSR1 on Linux

    private const int ReadWriteNotOurs = 0x102;     // O_RDWR | O_NOCTTY on Linux
    private const int ThreadProcessorTime = 3;      // CLOCK_THREAD_CPUTIME_ID on Linux

    internal static int ThisThread => gettid();

    /// <summary>A pseudo-terminal (pty(7)): the keyboard and screen at one end, the terminal that programs see at the other.</summary>
    internal static (SafeFileHandle Keyboard, SafeFileHandle Terminal) OpenTerminal()
    {
        var keyboard = Check(posix_openpt(ReadWriteNotOurs));
        Check(grantpt(keyboard));
        Check(unlockpt(keyboard));
        var name = new byte[100];
        Assert.Equal(0, ptsname_r(keyboard, name, name.Length));
        return (new(keyboard, ownsHandle: true), new(Check(open(name, ReadWriteNotOurs)), ownsHandle: true));
    }

    /// <summary>How long this thread has been computing, not waiting.</summary>
    internal static TimeSpan ThreadTime()
    {
        var parts = new nint[2];
        Check(clock_gettime(ThreadProcessorTime, parts));
        return TimeSpan.FromSeconds(parts[0]) + TimeSpan.FromMicroseconds(parts[1] / 1000.0);
    }

    /// <summary>Sends a signal to one thread of this process, if it is still there.</summary>
    internal static void Signal(int thread, int signal) => _ = tgkill(Environment.ProcessId, thread, signal);

    internal static int Duplicate(int descriptor) => Check(dup(descriptor));

    internal static int DuplicateFrom(int descriptor, int least) => Check(fcntl(descriptor, 0, least));     // F_DUPFD

    internal static void Close(int descriptor) => Check(close(descriptor));

    private static int Check(int answer)
    {
        Assert.True(answer >= 0, $"a system call failed: {Marshal.GetLastPInvokeErrorMessage()}");
        return answer;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int posix_openpt(int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int grantpt(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern int unlockpt(int descriptor);

    [DllImport("libc")]
    private static extern int ptsname_r(int descriptor, byte[] name, nint length);

    [DllImport("libc", SetLastError = true)]
    private static extern int open(byte[] path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern int dup(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern int fcntl(int descriptor, int command, int argument);

    [DllImport("libc", SetLastError = true)]
    private static extern int clock_gettime(int clock, nint[] time);

    [DllImport("libc")]
    private static extern int gettid();

    [DllImport("libc")]
    private static extern int tgkill(int process, int thread, int signal);
}
