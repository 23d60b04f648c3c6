using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Async;
using Zocalo.Tests.Testing;

namespace Zocalo.Tests.Engines;

/// <summary>Bytes that have left the kernel and are not the reader's yet are bytes that wait: a drain that asks in this moment must not be told that there are none.</summary>
public sealed class HandingOverTests : IDisposable
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly Socket _peer;
    private readonly AsyncSocket _socket;
    private readonly RecordingOwner _owner;

    public HandingOverTests()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(listener.LocalEndPoint!);
        _peer = listener.Accept();
        _socket = new AsyncSocket(socket);
        _owner = new RecordingOwner(_socket);
    }

    [Fact]
    public async Task Bytes_that_were_waited_for_wait_until_the_next_receive()
    {
        var seen = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _owner.OnceReceived = () => seen.SetResult(_socket.HasBytesWaiting);
        Assert.True(_owner.Receive().IsPending);
        Assert.False(_socket.HasBytesWaiting);
        _peer.Send("hello"u8);
        Assert.True(await seen.Task.WaitAsync(Cap), "the owner is just being told of them");
        Assert.True(_socket.HasBytesWaiting);
        Assert.Equal("hello"u8.ToArray(), _owner.Take(await _owner.WhenReceived()));
        Assert.True(_owner.Receive().IsPending);
        Assert.False(_socket.HasBytesWaiting);
    }

    [Fact]
    public async Task Bytes_that_were_there_at_once_wait_until_the_next_receive()
    {
        _peer.Send("hello"u8);
        Assert.Equal("hello"u8.ToArray(), await _owner.ReceiveAsync());
        Assert.True(_socket.HasBytesWaiting);
        Assert.True(_owner.Receive().IsPending);
        Assert.False(_socket.HasBytesWaiting);
    }

    public void Dispose()
    {
        _socket.Abort();
        _peer.Dispose();
    }
}
