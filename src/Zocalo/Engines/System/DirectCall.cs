using System.Runtime.InteropServices;

namespace Zocalo.Engines.System;

/// <summary>
/// The three system calls of every message, by number (syscall(2)) where the numbers are known. The C library's own functions of these
/// names are points at which a thread can be cancelled (pthreads(7)), and pay for that with two atomic operations a call in every process
/// that has threads. They answer from 0 on, or a negative errno, which is read here (<see cref="Errno"/>).
/// </summary>
/// <remarks>Safe as long as the caller's addresses are: the arguments are passed on as they are, each in a register of its own on x64 and
/// arm64.</remarks>
internal static unsafe partial class DirectCall
{
    private static readonly Architecture On = RuntimeInformation.ProcessArchitecture;
    private static readonly bool IsNumbered = On is Architecture.X64 or Architecture.Arm64;
    private static readonly nint ReceiveNumber = On == Architecture.X64 ? 45 : 207;         // recvfrom
    private static readonly nint SendNumber = On == Architecture.X64 ? 44 : 206;            // sendto
    private static readonly nint EpollWaitNumber = On == Architecture.X64 ? 281 : 22;       // epoll_pwait: arm64 has no other

    internal static int Receive(int socket, void* bytes, nuint count, int flags) => IsNumbered
        ? Errno.Result(syscall(ReceiveNumber, socket, (nint)bytes, (nint)count, flags, 0, 0))
        : Errno.Result(recv(socket, bytes, count, flags));

    internal static int Send(int socket, void* bytes, nuint count, int flags) => IsNumbered
        ? Errno.Result(syscall(SendNumber, socket, (nint)bytes, (nint)count, flags, 0, 0))
        : Errno.Result(send(socket, bytes, count, flags));

    internal static int EpollWait(int epoll, void* events, int most, int milliseconds) => IsNumbered
        ? Errno.Result(syscall(EpollWaitNumber, epoll, (nint)events, most, milliseconds, 0, 0))
        : Errno.Result(epoll_wait(epoll, events, most, milliseconds));

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint first, nint second, nint third, nint fourth, nint fifth, nint sixth);

    [LibraryImport("libc")]
    private static partial nint recv(int socket, void* bytes, nuint count, int flags);

    [LibraryImport("libc")]
    private static partial nint send(int socket, void* bytes, nuint count, int flags);

    [LibraryImport("libc")]
    private static partial int epoll_wait(int epoll, void* events, int most, int milliseconds);
}
