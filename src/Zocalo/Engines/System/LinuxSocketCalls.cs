using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Zocalo.Engines.System;

/// <summary>Linux's own calls on sockets: recv(2), send(2), sendmsg(2), accept4(2), connect(2) and the small ones around them.</summary>
/// <remarks>Why this is safe: each fixed statement pins what it passes for the length of the call, what is on the stack outlives the call,
/// each is passed with its length, and neither the system nor this class keeps an address.</remarks>
internal sealed unsafe partial class LinuxSocketCalls : SocketCalls
{
    private const int SocketLevel = 1;
    private const int ErrorOption = 4;
    private const int TcpLevel = 6;
    private const int TcpInfoOption = 11;
    private const int TcpInfoSize = 136;        // struct tcp_info up to tcpi_bytes_received, which Linux has since 4.1
    private const int TcpInfoState = 0;
    private const int TcpInfoReceived = 128;
    private const byte TcpClosed = 7;
    private const int LingerOption = 13;
    private const int DontWaitNoSignal = 0x40 | 0x4000;
    private const int NonBlockingCloseOnExec = 0x800 | 0x80000;
    private const int CloseOnExec = 0x80000;
    private const int ShutDownWriting = 1;
    private const int ShutDownBoth = 2;
    private const nuint BytesToSend = 0x5411;   // TIOCOUTQ, SIOCOUTQ
    private const nuint BytesToReceive = 0x541B;    // FIONREAD, SIOCINQ
    private const nuint NonBlocking = 0x5421;   // FIONBIO
    private const int LongestName = 110;        // sockaddr_un
    private const int MostParts = 32;

    private static readonly int Nothing = EventDescriptor.TryOpen();        // a descriptor of nothing; negative when there was none to have

    internal static LinuxSocketCalls Instance { get; } = new();

    internal override IoResult Receive(int socket, Span<byte> into)
    {
        fixed (byte* bytes = into)
        {
            return Result(DirectCall.Receive(socket, bytes, (nuint)into.Length, DontWaitNoSignal));
        }
    }

    internal override IoResult Send(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            return Result(DirectCall.Send(socket, first, (nuint)bytes.Length, DontWaitNoSignal));
        }
    }

    internal override IoResult Send(int socket, in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
        {
            return Send(socket, bytes.FirstSpan);
        }
        // Safe: segments of a send buffer are pinned for as long as they live.
        var parts = stackalloc Part[MostParts];
        var count = 0;
        foreach (var memory in bytes)
        {
            if (!memory.IsEmpty)
            {
                parts[count] =
                    new Part { Start = Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory.Span)), Length = (nuint)memory.Length };
                if (++count == MostParts)
                {
                    break;
                }
            }
        }
        var message = new Message { Parts = parts, PartCount = (nuint)count };
        return Result(Errno.Result(sendmsg(socket, &message, DontWaitNoSignal)));
    }

    internal override IoResult Accept(int listener, out SocketName peer)
    {
        var name = stackalloc byte[LongestName];
        uint length = LongestName;
        var accepted = Result(Errno.Result(accept4(listener, name, &length, NonBlockingCloseOnExec)));
        peer = accepted.IsDone ? SocketName.FromLinux(new(name, (int)Math.Min(length, LongestName))) : default;
        return accepted;
    }

    internal override IoResult Connect(int socket, EndPoint to)
    {
        var address = to.Serialize();
        int answer;
        fixed (byte* name = address.Buffer.Span)
        {
            answer = Errno.Result(connect(socket, name, (uint)address.Size));
        }
        return answer switch
        {
            >= 0 => IoResult.Done(0),
            -Errno.InProgress => IoResult.Pending,
            _ => IoResult.Failed(Errno.ToSocketError(-answer)),
        };
    }

    internal override SocketError TakeError(int socket)
    {
        int error;
        uint size = sizeof(int);
        var answer = Errno.Result(getsockopt(socket, SocketLevel, ErrorOption, &error, &size));
        return Errno.ToSocketError(answer < 0 ? -answer : error);
    }

    // A connection that is over without a FIN from the peer was reset, or given up. A FIN counts as one received byte (tcp_rcv_nxt_update
    // in the kernel), which no receive gives.
    internal override bool WasReset(int socket, long received)
    {
        var info = stackalloc byte[TcpInfoSize];
        uint size = TcpInfoSize;
        return getsockopt(socket, TcpLevel, TcpInfoOption, info, &size) == 0 && size == TcpInfoSize
            && info[TcpInfoState] == TcpClosed && *(long*)(info + TcpInfoReceived) == received;
    }

    internal override PeerState Peer(int socket)
    {
        var entry = new PollEntry { Descriptor = socket, Events = PollCalls.PeerFinished };
        _ = PollCalls.Wait(new Span<PollEntry>(ref entry), 0);
        return (entry.Found & (PollCalls.HangUp | PollCalls.Error)) != 0 ? PeerState.Gone
            : (entry.Found & PollCalls.PeerFinished) != 0 ? PeerState.Finished
            : PeerState.There;
    }

    internal override int ReceiveQueueLength(int socket) => Ask(socket, BytesToReceive);

    internal override SocketError FinishOutput(int socket, bool isUnix)
    {
        var error = Errno.ToSocketError(-Errno.Result(shutdown(socket, ShutDownWriting)));
        return error == SocketError.Success && isUnix ? TakeError(socket) : error;
    }

    // The number stays taken, by something without connections, until it is closed: so the address is free at once, and no other socket
    // gets the number while a loop still knows it.
    internal override void StopListening(int listener)
    {
        _ = shutdown(listener, ShutDownBoth);
        _ = dup3(Nothing, listener, CloseOnExec);
    }

    internal override bool IsReadable(int socket)
    {
        var entry = new PollEntry { Descriptor = socket, Events = PollCalls.In };
        return PollCalls.Wait(new Span<PollEntry>(ref entry), 0) > 0;
    }

    internal override int SendQueueLength(int socket) => Ask(socket, BytesToSend);

    internal override SocketName LocalName(int socket)
    {
        var name = stackalloc byte[LongestName];
        uint length = LongestName;
        return getsockname(socket, name, &length) == 0 ? SocketName.FromLinux(new(name, (int)Math.Min(length, LongestName))) : default;
    }

    internal override void ResetAtClose(int socket)
    {
        var atOnce = new Linger { IsOn = 1, Seconds = 0 };      // close(2) then sends RST (socket(7), SO_LINGER)
        _ = setsockopt(socket, SocketLevel, LingerOption, &atOnce, (uint)sizeof(Linger));
    }

    internal override void Close(int socket) => _ = close(socket);

    internal override int Adopt(Socket socket)
    {
        var descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        var on = 1;
        _ = ioctl(descriptor, NonBlocking, &on);    // the runtime's own Blocking property need not have reached the system
        socket.SafeHandle.SetHandleAsInvalid();     // the engine that adopts it closes it
        GC.SuppressFinalize(socket);                // not Dispose: that would wait until the handle has been closed
        return descriptor;
    }

    /// <param name="answer">From 0 on, or a negative errno: it is read beside the call, and not here.</param>
    private static IoResult Result(int answer) => answer switch
    {
        >= 0 => IoResult.Done(answer),
        -Errno.TryAgain => IoResult.Pending,
        _ => IoResult.Failed(Errno.ToSocketError(-answer)),
    };

    private static int Ask(int socket, nuint request)
    {
        int bytes;
        return ioctl(socket, request, &bytes) == 0 ? bytes : 0;
    }

    [LibraryImport("libc")]
    private static partial nint sendmsg(int socket, Message* message, int flags);

    [LibraryImport("libc")]
    private static partial int accept4(int socket, void* name, uint* length, int flags);

    [LibraryImport("libc")]
    private static partial int connect(int socket, void* name, uint length);

    [LibraryImport("libc")]
    private static partial int getsockopt(int socket, int level, int option, void* value, uint* size);

    [LibraryImport("libc")]
    private static partial int setsockopt(int socket, int level, int option, void* value, uint size);

    [LibraryImport("libc")]
    private static partial int shutdown(int socket, int how);

    // Variadic in C; on Linux's x64 and arm64 calling conventions a third word argument is passed alike.
    [LibraryImport("libc")]
    private static partial int ioctl(int socket, nuint request, int* value);

    [LibraryImport("libc")]
    private static partial int getsockname(int socket, void* name, uint* length);

    [LibraryImport("libc")]
    private static partial int dup3(int from, int to, int flags);

    [LibraryImport("libc")]
    private static partial int close(int socket);

    // struct iovec
    private struct Part
    {
        internal void* Start;
        internal nuint Length;
    }

    // struct msghdr
    private struct Message
    {
        internal void* Name;
        internal uint NameLength;
        internal Part* Parts;
        internal nuint PartCount;
        internal void* Control;
        internal nuint ControlLength;
        internal int Flags;
    }

    // struct linger
    private struct Linger
    {
        internal int IsOn;
        internal int Seconds;
    }
}
