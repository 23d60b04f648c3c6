using System.Buffers;

namespace Zocalo.Contract.Claims;

/// <summary>The output is a PipeWriter, and every send is whole or fails.</summary>
public sealed class WritingClaims
{
    /// <summary>Sizes at which buffers, segments and single sends begin and end.</summary>
    private static readonly int[] Edges = [1, 2, 512, 4096, 8192, 16_384, 65_536, 131_072, 262_144, 1_048_576];

    [Claim]
    public async Task A_send_of_any_size_arrives_whole(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        foreach (var size in AroundEdges())
        {
            var bytes = Chance.Bytes(size, seed: size);
            var sending = pair.Client.SendAsync(bytes).AsTask();
            Assert.Equal(bytes, await pair.Server.TakeAsync(size));
            await sending.InTime();
        }
    }

    [Claim]
    public async Task A_write_of_any_size_into_the_output_arrives_whole(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        foreach (var size in AroundEdges())
        {
            var bytes = Chance.Bytes(size, seed: size);
            pair.Client.Output.Write(bytes);
            var flushing = pair.Client.Output.FlushAsync().AsTask();
            Assert.Equal(bytes, await pair.Server.TakeAsync(size));
            await flushing.InTime();
        }
    }

    [Claim]
    public async Task Many_small_writes_and_one_flush_arrive_whole(Transport transport)
    {
        var bytes = Chance.Bytes(300_000);
        await using var pair = await transport.ConnectAsync();
        var hearing = pair.Server.TakeAsync(bytes.Length);
        for (var written = 0; written < bytes.Length; written += 3)
        {
            bytes.AsSpan(written, 3).CopyTo(pair.Client.Output.GetSpan(3));
            pair.Client.Output.Advance(3);
        }
        await pair.Client.Output.FlushAsync().InTime();
        Assert.Equal(bytes, await hearing);
    }

    [Claim]
    public async Task Flushed_sent_and_written_bytes_keep_their_order(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Client.Write("a");
        await pair.Client.SayAsync("b");            // takes what was written before it along
        pair.Client.Write("c");
        await pair.Client.Output.FlushAsync().InTime();
        await pair.Client.Output.WriteAsync("d"u8.ToArray()).InTime();
        pair.Client.Write("e");
        await pair.Client.CompleteOutputAsync().InTime();
        Assert.Equal("abcde"u8.ToArray(), await pair.Server.TakeAllAsync());
    }

    [Claim]
    public async Task GetMemory_and_GetSpan_give_as_much_as_asked(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var hearing = pair.Server.TakeAllAsync();
        var advanced = 0;
        foreach (var hint in new[] { 0, 1, 4096, 65_536, 1_048_576, 0, 1, 4095, 4097 })
        {
            Assert.True(pair.Client.Output.GetMemory(hint).Length >= Math.Max(hint, 1));
            Assert.True(pair.Client.Output.GetSpan(hint).Length >= Math.Max(hint, 1));
            pair.Client.Output.Advance(Math.Max(hint, 1));
            advanced += Math.Max(hint, 1);
        }
        await pair.Client.CompleteOutputAsync().InTime();
        Assert.Equal(advanced, (await hearing).Length);
    }

    [Claim]
    public async Task Memory_may_be_asked_for_again_before_advancing(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Client.Output.GetMemory(10);
        pair.Client.Output.GetMemory(100_000);
        pair.Client.Output.Advance(0);
        pair.Client.Write("only this");
        await pair.Client.CompleteOutputAsync().InTime();
        Assert.Equal("only this"u8.ToArray(), await pair.Server.TakeAllAsync());
    }

    [Claim]
    public async Task Advancing_beyond_the_memory_that_was_given_is_refused(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.Output.Advance(1));
        var given = pair.Client.Output.GetMemory().Length;
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.Output.Advance(given + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.Output.Advance(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.Output.GetMemory(-1));
        await pair.Client.SayAsync("unharmed");
        await pair.Server.HearAsync("unharmed");
    }

    [Claim]
    public async Task UnflushedBytes_counts_what_a_flush_would_send(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var output = pair.Client.Output;
        Assert.True(output.CanGetUnflushedBytes);
        Assert.Equal(0, output.UnflushedBytes);
        pair.Client.Write("12345");
        Assert.Equal(5, output.UnflushedBytes);
        pair.Client.Write("67");
        Assert.Equal(7, output.UnflushedBytes);
        await output.FlushAsync().InTime();
        Assert.Equal(0, output.UnflushedBytes);
        await pair.Server.HearAsync("1234567");
    }

    [Claim]
    public async Task A_send_to_a_peer_that_has_gone_fails(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.ResetByClientAsync();
        var error = await Assert.ThrowsAsync<ConnectionException>(async () =>
        {
            while (true)
            {
                await pair.Server.SendAsync(new byte[1000]).InTime();
                await Task.Yield();
            }
        });
        Assert.Equal(EndReason.Reset, error.Reason);
        Assert.Equal(EndReason.Reset, (await pair.Server.Closed.InTime()).Reason);
    }

    [Claim]
    public async Task After_the_output_is_completed_every_write_is_refused(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.CompleteOutputAsync().InTime();
        await RefusesWritesAsync(pair.Client);
        pair.Server.Output.Complete();
        await RefusesWritesAsync(pair.Server);

        static async Task RefusesWritesAsync(Connection connection)
        {
            Assert.Throws<InvalidOperationException>(() => connection.Output.GetMemory());
            Assert.Throws<InvalidOperationException>(() => connection.Output.GetSpan());
            await Assert.ThrowsAsync<InvalidOperationException>(() => connection.Output.FlushAsync().AsTask().InTime());
            await Assert.ThrowsAsync<InvalidOperationException>(() => connection.Output.WriteAsync(new byte[1]).AsTask().InTime());
            await Assert.ThrowsAsync<InvalidOperationException>(() => connection.SendAsync(new byte[1]).AsTask().InTime());
        }
    }

    private static IEnumerable<int> AroundEdges() =>
        Edges.SelectMany(edge => new[] { edge - 1, edge, edge + 1 }).Where(size => size > 0).Distinct();
}
