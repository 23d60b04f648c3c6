using System.Runtime.InteropServices;

namespace Zocalo.Engines.Native;

/// <summary>
/// The three system calls of every message, by number (syscall(2)). The C library's own functions of these names are points at which a thread can be cancelled (pthreads(7)), and pay for that with two
/// atomic operations a call in every process that has threads.
/// </summary>
/// <remarks>Safe as long as the caller's addresses are: the arguments are passed on as they are, each in a register of its own on x64 and arm64.</remarks>
internal static unsafe partial class DirectCall
{
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly nint ReceiveNumber = IsArm ? 207 : 45;      // recvfrom
    private static readonly nint SendNumber = IsArm ? 206 : 44;         // sendto
    private static readonly nint EpollWaitNumber = IsArm ? 22 : 281;    // epoll_pwait: arm64 has no other

    internal static nint Receive(int socket, void* bytes, nuint count, int flags) => syscall(ReceiveNumber, socket, (nint)bytes, (nint)count, flags, 0, 0);

    internal static nint Send(int socket, void* bytes, nuint count, int flags) => syscall(SendNumber, socket, (nint)bytes, (nint)count, flags, 0, 0);

    internal static nint EpollWait(int epoll, void* events, int most, int milliseconds) => syscall(EpollWaitNumber, epoll, (nint)events, most, milliseconds, 0, 0);

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint first, nint second, nint third, nint fourth, nint fifth, nint sixth);
}
