using System.Net;
using System.Net.Sockets;
using Zocalo.Buffers;
using Zocalo.Engines;
using Zocalo.Engines.Async;

namespace Zocalo.Tests.Engines.Async;

public sealed class AsyncSocketTests : IStreamOwner
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource<IoResult> _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Memory that a writer asked for and never used leaves an empty segment in front; a send of nothing must not be taken for one
    /// that waits.</summary>
    [Fact]
    public async Task A_send_that_begins_with_an_empty_segment_waits_for_room_instead_of_spinning()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndPoint!);
        using var peer = await listener.AcceptAsync();
        var stream = new AsyncSocket(socket, socket.RemoteEndPoint);
        stream.Attach(this);
        do
        {
            while (stream.TrySend(new byte[64 * 1024]).Bytes > 0)
            {
                // Until the kernel takes nothing more.
            }
            await Task.Delay(50);       // what the peer's side still takes up makes room a little later
        }
        while (stream.TrySend(new byte[64 * 1024]).Bytes > 0);

        var buffer = new SendBuffer();
        buffer.GetMemory(100);
        buffer.GetMemory(SegmentPool.LargeSize);
        buffer.Advance(SegmentPool.LargeSize);
        buffer.Flush();
        Assert.False(buffer.TryGetFirst(1, out _));
        var sending = Task.Run(() => stream.Send(buffer.First(SegmentPool.LargeSize)));
        Assert.True((await sending.WaitAsync(Cap)).IsPending);

        var sink = new byte[64 * 1024];
        while (!_sent.Task.IsCompleted)
        {
            await Task.WhenAny(_sent.Task, peer.ReceiveAsync(sink)).WaitAsync(Cap);     // the last bytes may come before the answer does
        }
        Assert.True((await _sent.Task).IsDone);
        stream.Close();
    }

    void IStreamOwner.OnReceived(IoResult result) => Assert.Fail("Nobody asked for bytes.");

    void IStreamOwner.OnSent(IoResult result) => _sent.SetResult(result);

    void IStreamOwner.OnOutputFinished(IoResult result) => Assert.Fail("Nobody finished the output.");

    void IStreamOwner.OnPeerLeft() => Assert.Fail("Nobody wanted to know.");
}
