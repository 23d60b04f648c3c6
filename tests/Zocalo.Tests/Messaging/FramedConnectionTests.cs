using Zocalo.Testing;

namespace Zocalo.Tests.Messaging;

/// <summary>What a framed connection says of itself and of the connection underneath.</summary>
public sealed class FramedConnectionTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task It_has_the_names_and_the_tokens_of_its_connection()
    {
        var (client, server) = ConnectionPair.Create();
        await using var framed = client.AsFramed(Frames.Lines());
        Assert.Equal(
            (client.Id, client.LocalAddress, client.RemoteAddress), (framed.Id, framed.LocalAddress, framed.RemoteAddress));
        Assert.Equal((client.Draining, client.ConnectionClosed), (framed.Draining, framed.ConnectionClosed));
        Assert.False(framed.ConnectionClosed.IsCancellationRequested);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        framed.ConnectionClosed.Register(closed.SetResult);
        framed.Abort();
        await closed.Task.WaitAsync(Cap);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task It_counts_the_bytes_that_belonged_to_no_frame()
    {
        var (client, server) = ConnectionPair.Create();
        await using var framed = client.AsFramed(Frames.Lines().WithResync("$"u8));
        await server.SendAsync("noise$one\n"u8.ToArray());
        Assert.True(await framed.WaitToReadAsync().AsTask().WaitAsync(Cap));
        Assert.True(framed.TryRead(out var message));
        Assert.Equal("$one"u8.ToArray(), message.ToArray());
        Assert.Equal(5, framed.SkippedBytes);
        server.Abort();
    }

    [Fact]
    public async Task Its_exceptions_name_the_connection_that_they_are_about()
    {
        var (client, server) = ConnectionPair.Create();
        var framed = client.AsFramed(Frames.LengthPrefixed(maxFrameLength: 16));
        await server.SendAsync(new byte[] { 0xFF, 0, 0, 0, 0 });
        var messages = framed.ReadAllAsync().GetAsyncEnumerator();
        var corrupt = await Assert.ThrowsAsync<FrameException>(() => messages.MoveNextAsync().AsTask().WaitAsync(Cap));
        Assert.Equal((client.Id, (long?)16, (Int128)0xFF000000), (corrupt.ConnectionId!.Value, corrupt.Limit, corrupt.Value!.Value));
        server.Abort();
        var broken = await Assert.ThrowsAsync<ConnectionException>(() => server.SendAsync(new byte[1]).AsTask().WaitAsync(Cap));
        Assert.Equal(server.Id, broken.ConnectionId);
        framed.Abort();
    }

    [Fact]
    public void A_protocol_has_its_format_and_a_group_its_name()
    {
        var format = Frames.Lines();
        Assert.Same(format, Protocol.Of(format).Format);
        Assert.Equal("news", new PeerDirectory<int, Frame, Frame>().Group("news").Name);
    }
}
