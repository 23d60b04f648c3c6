using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.System;
using Zocalo.Tests.Engines.Loops;

namespace Zocalo.Tests.Engines;

/// <summary>Each error has the name that System.Net.Sockets gives it in the same situation.</summary>
public sealed class ErrnoTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ze-");

    public ErrnoTests() => Assert.SkipUnless(LoopEngines.IsLinux, "Linux's calls.");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_connect_that_fails_is_called_the_same()
    {
        var path = Path.Combine(_directory.FullName, "s");
        using var bound = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        bound.Bind(new UnixDomainSocketEndPoint(path));     // and does not listen
        File.WriteAllText(Path.Combine(_directory.FullName, "file"), "");
        EndPoint[] targets =
        [
            new UnixDomainSocketEndPoint(path),
            new UnixDomainSocketEndPoint(Path.Combine(_directory.FullName, "none")),
            new UnixDomainSocketEndPoint(Path.Combine(_directory.FullName, "file")),
            new UnixDomainSocketEndPoint(Path.Combine(_directory.FullName, "file", "beneath")),
            new UnixDomainSocketEndPoint("\0nobody-" + Environment.ProcessId),
            new IPEndPoint(IPAddress.Loopback, 0),
            new IPEndPoint(IPAddress.Broadcast, 1),
        ];
        foreach (var target in targets)
        {
            Assert.Equal((target, ByRuntime(target)), (target, ByUs(target)));
        }
    }

    [Fact]
    public void A_send_after_the_end_and_a_second_connect_are_called_the_same()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var calls = LinuxSocketCalls.Instance;
        var number = (int)socket.SafeHandle.DangerousGetHandle();
        // nobody is there
        Assert.Equal(Thrown(() => socket.Shutdown(SocketShutdown.Send)), calls.FinishOutput(number, isUnix: false));
        socket.Connect(listener.LocalEndPoint!);
        Assert.Equal(Thrown(() => socket.Connect(listener.LocalEndPoint!)), calls.Connect(number, listener.LocalEndPoint!).Error);
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(Thrown(() => socket.Send(new byte[1])), calls.Send(number, new byte[1]).Error);
        Assert.True(calls.Receive(number, new byte[1]).IsPending);
        using var peer = listener.Accept();
        peer.Close(0);
        Assert.Equal(SocketError.ConnectionReset, Reset(() => calls.Receive(number, new byte[1]).Error));
        Assert.Equal(SocketError.InvalidArgument, calls.Accept(number, out _).Error);
        Assert.Equal(SocketError.OperationAborted, calls.Receive(-1, new byte[1]).Error);       // EBADF
    }

    /// <summary>The runtime's own table, as far as numbers are public: what it makes of an error that a Unix system gave a
    /// socket.</summary>
    [Theory]
    [InlineData(4, SocketError.Interrupted)]
    [InlineData(11, SocketError.WouldBlock)]
    [InlineData(12, SocketError.NoBufferSpaceAvailable)]
    [InlineData(23, SocketError.TooManyOpenSockets)]
    [InlineData(24, SocketError.TooManyOpenSockets)]
    [InlineData(32, SocketError.Shutdown)]
    [InlineData(103, SocketError.ConnectionAborted)]
    [InlineData(104, SocketError.ConnectionReset)]
    [InlineData(105, SocketError.NoBufferSpaceAvailable)]
    [InlineData(110, SocketError.TimedOut)]
    [InlineData(111, SocketError.ConnectionRefused)]
    [InlineData(113, SocketError.HostUnreachable)]
    [InlineData(4095, SocketError.SocketError)]
    public void An_error_that_is_hard_to_provoke_has_its_name(int errno, SocketError expected)
    {
        Assert.Equal(expected, Errno.ToSocketError(errno));
        Assert.Equal(SocketError.Success, Errno.ToSocketError(0));
    }

    /// <summary>
    /// The errno of a call is read after it, and meanwhile the runtime may have had this thread wait for a collection. See <see
    /// cref="Errno"/>.
    /// </summary>
    [Fact]
    public async Task An_error_is_its_calls_own_also_when_a_collection_comes_between()
    {
        const int Collections = 100;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var number = (int)socket.SafeHandle.DangerousGetHandle();
        var over = false;
        var asking = LoopEngines.RunAsync(() =>
        {
            var calls = LinuxSocketCalls.Instance;
            var bytes = new byte[1];
            while (!Volatile.Read(ref over))
            {
                Assert.True(calls.Receive(number, bytes).IsPending);                            // EAGAIN
                Assert.Equal(SocketError.OperationAborted, calls.Send(-1, bytes).Error);        // EBADF
                Assert.Equal(-Errno.BadDescriptor, EpollCalls.Control(-1, EpollCalls.Add, number, 0, 0));
            }
        });
        await LoopEngines.RunAsync(() =>
        {
            for (var i = 0; i < Collections && !asking.IsCompleted; i++)
            {
                GC.Collect(0);
            }
        });
        Volatile.Write(ref over, true);
        await asking;
    }

    private static SocketError ByRuntime(EndPoint target)
    {
        using var socket = Open(target);
        return Thrown(() => socket.Connect(target));
    }

    private static SocketError ByUs(EndPoint target)
    {
        using var socket = Open(target);
        var calls = LinuxSocketCalls.Instance;
        var number = (int)socket.SafeHandle.DangerousGetHandle();
        var begun = calls.Connect(number, target);
        return begun.IsPending ? Reset(() => calls.TakeError(number)) : begun.Error;
    }

    private static Socket Open(EndPoint target) =>
        new(
            target.AddressFamily,
            SocketType.Stream,
            target.AddressFamily == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);

    private static SocketError Thrown(Action action) => Assert.ThrowsAny<SocketException>(action).SocketErrorCode;

    /// <summary>Asks until there is an answer.</summary>
    private static SocketError Reset(Func<SocketError> ask)
    {
        var answer = SocketError.Success;
        Assert.True(SpinWait.SpinUntil(() => (answer = ask()) is not (SocketError.Success or SocketError.IOPending), LoopEngines.Cap));
        return answer;
    }
}
