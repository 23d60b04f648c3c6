using System.Runtime.InteropServices;

namespace Zocalo.Contract.Claims;

/// <summary>Messages arrive whole, whatever pieces their bytes come in, and however they are waited for.</summary>
public sealed class MessagesReadingClaims
{
    [Claim]
    public async Task Messages_are_whole_at_any_split(Transport transport)
    {
        var random = Chance.New();
        var sent = Enumerable.Range(0, 200).Select(i => Chance.Bytes(i % 7 == 0 ? 0 : random.Next(5_000), i)).ToList();
        var wire = sent.SelectMany(payload => Messages.Wire(payload)).ToArray();
        await using var pair = await transport.ConnectAsync();
        var hearing = pair.Server.AsMessages().AllAsync();
        for (var at = 0; at < wire.Length;)
        {
            var piece = Math.Min(random.Next(1, 3_000), wire.Length - at);
            await pair.Client.SendAsync(wire.AsMemory(at, piece)).InTime();
            at += piece;
            if (random.Next(4) == 0)
            {
                await Task.Yield();
            }
        }
        await pair.Client.CompleteOutputAsync().InTime();
        Assert.Equal(sent, await hearing);
    }

    [Claim]
    public async Task Messages_are_whole_when_they_come_byte_by_byte(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var reader = pair.Server.AsMessages();
        foreach (var text in new[] { "one", "", "three", "a longer one" })
        {
            var wire = Messages.Wire(text);
            var waiting = reader.WaitToReadAsync().AsTask();
            for (var at = 0; at < wire.Length; at++)
            {
                Assert.False(waiting.IsCompleted);
                Assert.False(reader.TryRead(out _));
                await pair.Client.SendAsync(wire.AsMemory(at, 1)).InTime();
                await pair.DeliveredAsync(pair.Client, pair.Client.Sent());
            }
            Assert.True(await waiting.InTime());
            Assert.True(reader.TryRead(out var frame));
            Assert.Equal(text, frame.Text());
        }
    }

    [Claim]
    public async Task Messages_that_come_at_once_are_read_one_by_one_without_a_wait(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SendAsync(Messages.Wire("a", "", "b", "c")).InTime();
        await pair.DeliveredAsync(pair.Client, pair.Client.Sent());
        var reader = pair.Server.AsMessages();
        Assert.True(await reader.WaitToReadAsync().InTime());
        foreach (var text in new[] { "a", "", "b", "c" })
        {
            Assert.True(reader.WaitToReadAsync().IsCompletedSuccessfully);
            Assert.True(reader.TryRead(out var frame));
            Assert.Equal(text, frame.Text());
        }
        Assert.False(reader.TryRead(out _));
    }

    [Claim]
    public async Task Who_leaves_the_loop_and_comes_back_misses_nothing(Transport transport)
    {
        const int Count = 100;
        await using var pair = await transport.ConnectAsync();
        var reader = pair.Server.AsMessages();
        var sending = SendAsync();
        var heard = new List<string>();
        while (heard.Count < Count)
        {
            await foreach (var frame in reader.ReadAllAsync().InTime())
            {
                heard.Add(frame.Text());
                if (heard.Count % 3 != 0)
                {
                    break;
                }
            }
        }
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"message {i}"), heard);
        await sending;

        async Task SendAsync()
        {
            for (var i = 0; i < Count; i += 10)
            {
                await pair.Client.SendAsync(Messages.Wire([.. Enumerable.Range(i, 10).Select(n => $"message {n}")])).InTime();
                await Task.Yield();
            }
        }
    }

    [Claim]
    public async Task A_cancelled_wait_loses_nothing_200_times(Transport transport)
    {
        var random = Chance.New();
        await using var pair = await transport.ConnectAsync();
        var reader = pair.Server.AsMessages();
        for (var time = 0; time < 200; time++)
        {
            var wire = Messages.Wire($"message {time}", "");
            var cut = random.Next(wire.Length);
            using var cancel = new CancellationTokenSource();
            var waiting = reader.WaitToReadAsync(cancel.Token).AsTask();
            await pair.Client.SendAsync(wire.AsMemory(0, cut)).InTime();
            if (random.Next(2) == 0)
            {
                await Task.Yield();
            }
            await cancel.FireAsync();
            try
            {
                await waiting.InTime();
            }
            catch (OperationCanceledException error)
            {
                Assert.Equal(cancel.Token, error.CancellationToken);
            }
            await pair.Client.SendAsync(wire.AsMemory(cut)).InTime();
            await reader.HearAsync($"message {time}");
            await reader.HearAsync("");
        }
    }

    [Claim]
    public async Task A_cancelled_loop_ends_with_its_token_and_another_goes_on(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var reader = pair.Server.AsMessages();
        await pair.Client.SendAsync(Messages.Wire("one")).InTime();
        using var cancel = new CancellationTokenSource();
        var heard = 0;
        var looping = LoopAsync();
        await Patience.UntilAsync(() => Volatile.Read(ref heard) == 1);
        await cancel.FireAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => looping.InTime());
        await pair.Client.SendAsync(Messages.Wire("two")).InTime();
        await foreach (var frame in reader.ReadAllAsync().InTime())
        {
            Assert.Equal("two", frame.Text());
            break;
        }

        async Task LoopAsync()
        {
            await foreach (var _ in reader.ReadAllAsync(cancel.Token).InTime())
            {
                Interlocked.Increment(ref heard);
            }
        }
    }

    [Claim]
    public async Task A_second_reader_is_refused_and_the_first_is_not_disturbed(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var reader = pair.Server.AsMessages();
        await pair.Client.SendAsync(Messages.Wire("half").AsMemory(0, 5)).InTime();
        var first = reader.ReadAllAsync().GetAsyncEnumerator();
        var waiting = first.MoveNextAsync().AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var _ in reader.ReadAllAsync().InTime())
            {
                Assert.Fail("a message for the second reader");
            }
        });
        await Assert.ThrowsAsync<InvalidOperationException>(() => reader.WaitToReadAsync().InTime().AsTask());
        Assert.False(waiting.IsCompleted);
        await pair.Client.SendAsync(Messages.Wire("half").AsMemory(5)).InTime();
        Assert.True(await waiting.InTime());
        Assert.Equal("half", first.Current.Text());
        await first.DisposeAsync();
        await pair.Client.SendAsync(Messages.Wire("next")).InTime();
        await reader.HearAsync("next");
    }

    [Claim]
    public async Task A_message_is_intact_until_the_next_read_while_more_comes(Transport transport)
    {
        var payload = Chance.Bytes(200_000);
        await using var pair = await transport.ConnectAsync();
        var reader = pair.Server.AsMessages();
        var sending = SendAsync();
        for (var i = 0; i < 20; i++)
        {
            Assert.True(await reader.WaitToReadAsync().InTime());
            Assert.True(reader.TryRead(out var frame));
            await reader.SayAsync("go on");
            await pair.Client.TakeAsync(Messages.Wire("go on").Length);
            Assert.Equal(payload, frame.ToArray());
            Assert.True(MemoryMarshal.TryGetArray(frame.ToOwned().Memory, out _));
        }
        await sending;

        async Task SendAsync()
        {
            for (var i = 0; i < 20; i++)
            {
                await pair.Client.SendAsync(Messages.Wire(payload)).InTime();
            }
        }
    }

    [Claim]
    public async Task Who_has_finished_sending_hears_the_rest(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var (client, server) = (pair.Client.AsMessages(), pair.Server.AsMessages());
        await client.SayAsync("question");
        await client.CompleteOutputAsync().InTime();
        await server.HearAsync("question");
        await server.HearAsync(null);
        await server.SayAsync("answer");
        await server.SayAsync("");
        await client.HearAsync("answer");
        await client.HearAsync("");
        await server.CompleteOutputAsync().InTime();
        await client.HearAsync(null);
        var (one, other) = await pair.CloseAsync();
        Assert.Equal((EndReason.Completed, EndReason.PeerFinished), (one.Reason, other.Reason));
    }
}
