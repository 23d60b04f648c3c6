namespace Zocalo.Contract.Claims;

/// <summary>A stream over a connection ends with it, or before it, as its owner chose.</summary>
public sealed class StreamLifetimeClaims
{
    [Claim]
    public async Task Disposing_the_stream_closes_the_connection(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var disposing = pair.Client.AsStream().DisposeAsync().AsTask();
        await pair.Server.HearTheEndAsync();
        await pair.Server.AsStream().DisposeAsync().InTime();
        await disposing.InTime();
        Assert.True(pair.Client.Closed.IsCompleted);
    }

    [Claim]
    public async Task Disposing_the_stream_without_waiting_closes_the_connection_too(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Client.Write("last words");
        pair.Client.AsStream().Dispose();
        Assert.Equal("last words"u8.ToArray(), await pair.Server.TakeAllAsync());
        await pair.Server.CloseAsync().InTime();
        Assert.Equal(EndReason.Completed, (await pair.Client.Closed.InTime()).Reason);
    }

    [Claim]
    public async Task A_stream_that_leaves_the_connection_open_does(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.AsStream(leaveOpen: true).DisposeAsync().InTime();
        pair.Client.AsStream(leaveOpen: true).Dispose();
        await pair.Client.SayAsync("still open");
        await pair.Server.HearAsync("still open");
    }

    [Claim]
    public async Task A_disposed_stream_refuses_use(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var stream = pair.Client.AsStream(leaveOpen: true);
        Assert.True(stream is { CanRead: true, CanWrite: true, CanSeek: false });
        await stream.DisposeAsync().InTime();
        Assert.True(stream is { CanRead: false, CanWrite: false, CanSeek: false });
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadAsync(new byte[1]).AsTask().InTime());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.WriteAsync(new byte[1]).AsTask().InTime());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.FlushAsync());
        Assert.Throws<ObjectDisposedException>(() => stream.Write([1]));
        Assert.Throws<ObjectDisposedException>(() => stream.ReadByte());
    }

    [Claim]
    public async Task A_StreamWriter_may_be_disposed_after_the_half_close(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await using (var writer = new StreamWriter(pair.Client.AsStream(leaveOpen: true)))
        {
            await writer.WriteAsync("request").InTime();
            await writer.FlushAsync().InTime();
            await pair.Client.CompleteOutputAsync().InTime();
            Assert.Equal("request"u8.ToArray(), await pair.Server.TakeAllAsync());
            await pair.Server.SayAsync("answer");
            await pair.Client.HearAsync("answer");
        }
    }
}
