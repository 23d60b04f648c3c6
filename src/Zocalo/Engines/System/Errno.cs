using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Zocalo.Engines.System;

/// <summary>Linux's error numbers (errno(3)) and what they are called in .NET. System calls here answer a negative one instead of setting a
/// variable.</summary>
/// <remarks>
/// <para>
/// errno belongs to the thread, and whatever the thread does next may overwrite it. So it is read by <see cref="Result(int)"/> in the
/// expression that makes the call, with nothing of ours between.
/// </para>
/// <para>What the runtime may do between them on this thread gives errno back, in its sources (dotnet/runtime):</para>
/// <list type="bullet">
/// <item>waiting for a collection when the call returns: <c>Thread::RareDisablePreemptiveGC</c> (BEGIN_PRESERVE_LAST_ERROR, which on Unix
/// is errno); NativeAOT: <c>Thread::WaitForGC</c>;</item>
/// <item>binding or compiling what is called first, also <see cref="Marshal.GetLastSystemError"/>: <c>PreStubWorker</c>
/// (PreserveLastErrorHolder);</item>
/// <item>counting calls, to compile better: <c>OnCallCountThresholdReached</c> (the same holder).</item>
/// </list>
/// <para>
/// It must: what LibraryImport makes of <c>SetLastError = true</c> is the same call of <see cref="Marshal.GetLastSystemError"/> after the
/// same plain call. We leave that out since it costs 22 ns a
/// call, for a copy that nobody reads. ErrnoTests asks again and again beside collections.
/// </para>
/// </remarks>
internal static class Errno
{
    internal const int Interrupted = 4;
    internal const int BadDescriptor = 9;
    internal const int TryAgain = 11;
    internal const int OutOfMemory = 12;
    internal const int Exists = 17;
    internal const int InvalidArgument = 22;
    internal const int TooManyOpenFilesInSystem = 23;
    internal const int TooManyOpenFiles = 24;
    internal const int BrokenPipe = 32;
    internal const int NoBufferSpace = 105;
    internal const int AlreadyConnected = 106;
    internal const int NotConnected = 107;
    internal const int InProgress = 115;

    /// <summary>Turns C's answer, -1 and errno, into a negative error number. Its argument is the system call itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Result(int answer) => answer >= 0 ? answer : -Marshal.GetLastSystemError();

    /// <inheritdoc cref="Result(int)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Result(nint answer) => answer >= 0 ? (int)answer : -Marshal.GetLastSystemError();

    /// <summary>The name of a positive error number in .NET.</summary>
    internal static SocketError ToSocketError(int errno) => errno switch
    {
        0 => SocketError.Success,
        1 or 13 => SocketError.AccessDenied,
        2 or 99 => SocketError.AddressNotAvailable,
        Interrupted => SocketError.Interrupted,
        BadDescriptor or 125 => SocketError.OperationAborted,
        TryAgain => SocketError.WouldBlock,
        14 => SocketError.Fault,
        OutOfMemory or NoBufferSpace => SocketError.NoBufferSpaceAvailable,
        InvalidArgument => SocketError.InvalidArgument,
        TooManyOpenFilesInSystem or TooManyOpenFiles => SocketError.TooManyOpenSockets,
        BrokenPipe => SocketError.Shutdown,
        71 or 92 => SocketError.ProtocolOption,
        88 => SocketError.NotSocket,
        90 => SocketError.MessageSize,
        91 => SocketError.ProtocolType,
        93 => SocketError.ProtocolNotSupported,
        95 => SocketError.OperationNotSupported,
        97 => SocketError.AddressFamilyNotSupported,
        98 => SocketError.AddressAlreadyInUse,
        100 => SocketError.NetworkDown,
        101 => SocketError.NetworkUnreachable,
        102 => SocketError.NetworkReset,
        103 => SocketError.ConnectionAborted,
        104 => SocketError.ConnectionReset,
        AlreadyConnected => SocketError.IsConnected,
        NotConnected => SocketError.NotConnected,
        110 => SocketError.TimedOut,
        111 => SocketError.ConnectionRefused,
        112 => SocketError.HostDown,
        113 => SocketError.HostUnreachable,
        114 => SocketError.AlreadyInProgress,
        InProgress => SocketError.InProgress,
        _ => SocketError.SocketError,
    };
}
