using System.Buffers;

namespace Zocalo.Contract.Claims;

/// <summary>A connection becomes one of messages once, with all that was not read before; from then on its bytes are out of
/// reach.</summary>
public sealed class MessagesHandOverClaims
{
    [Claim]
    public async Task The_bytes_of_a_framed_connection_are_out_of_reach(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var framed = pair.Server.AsMessages();
        var raw = pair.Server;
        await pair.Client.SendAsync(Messages.Wire("unharmed").AsMemory(0, 6)).InTime();
        foreach (var use in new Func<Task>[]
        {
            () => raw.Input.ReadAsync().InTime().AsTask(),
            () => Task.FromResult(raw.Input.TryRead(out _)),
            () => { raw.Input.AdvanceTo(default); return Task.CompletedTask; },
            () => { raw.Input.CancelPendingRead(); return Task.CompletedTask; },
            () => { raw.Input.Complete(); return Task.CompletedTask; },
            () => { raw.Input.Complete(new IOException()); return Task.CompletedTask; },
            () => raw.Output.WriteAsync(new byte[1]).InTime().AsTask(),
            () => raw.Output.FlushAsync().InTime().AsTask(),
            () => Task.FromResult(raw.Output.GetMemory()),
            () => { raw.Output.GetSpan(); return Task.CompletedTask; },
            () => { raw.Output.Advance(0); return Task.CompletedTask; },
            () => { raw.Output.CancelPendingFlush(); return Task.CompletedTask; },
            () => { raw.Output.Complete(); return Task.CompletedTask; },
            () => raw.Output.CompleteAsync().InTime().AsTask(),
            () => { raw.Output.Complete(new IOException()); return Task.CompletedTask; },
            () => raw.SendAsync(new byte[1]).InTime().AsTask(),
            () => raw.SendAsync(default).InTime().AsTask(),
            () => raw.ReceiveAsync(new byte[1]).InTime().AsTask(),
            () => raw.CompleteOutputAsync().InTime().AsTask(),
            () => raw.AsStream(leaveOpen: true).ReadAsync(new byte[1]).InTime().AsTask(),
            () => raw.AsStream(leaveOpen: true).WriteAsync(new byte[1]).InTime().AsTask(),
        })
        {
            var error = await Record.ExceptionAsync(use);
            Assert.True(error is InvalidOperationException and not ObjectDisposedException, $"{error}");
            Assert.Contains("FramedConnection", error.Message, StringComparison.Ordinal);
        }
        await pair.Client.SendAsync(Messages.Wire("unharmed").AsMemory(6)).InTime();
        await framed.HearAsync("unharmed");
        await framed.SayAsync("unharmed");
        Assert.Equal(Messages.Wire("unharmed"), await pair.Client.TakeAsync(12));
    }

    [Claim]
    public async Task A_connection_is_framed_once(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var framed = pair.Server.AsMessages();
        Assert.Contains(
            "framed already", Assert.Throws<InvalidOperationException>(() => pair.Server.AsMessages()).Message, StringComparison.Ordinal);
        await pair.Client.SendAsync(Messages.Wire("still the first")).InTime();
        await framed.HearAsync("still the first");
    }

    [Claim]
    public async Task A_second_one_is_refused_by_that_name_whatever_the_first_is_doing(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(Messages.Roomy);
        var first = pair.Server.AsFramed(Messages.Long);
        await pair.Client.SendAsync(Messages.Wire("borrowed")).InTime();
        Assert.True(await first.WaitToReadAsync().InTime());
        Refuses();
        Assert.True(first.TryRead(out var borrowed));
        Refuses();
        Assert.Equal("borrowed", borrowed.Text());
        var waiting = first.WaitToReadAsync().AsTask();
        Refuses();
        await first.ClogAsync();        // its flush waits
        Refuses();
        await pair.Client.SendAsync(Messages.Wire("still the first")).InTime();
        Assert.True(await waiting.InTime());
        await first.HearAsync("still the first");
        await pair.Client.TakeAsync(Messages.ClogLength);

        void Refuses()
        {
            var error = Assert.Throws<InvalidOperationException>(() => pair.Server.AsMessages());
            Assert.Contains("framed already", error.Message, StringComparison.Ordinal);
        }
    }

    [Claim]
    public async Task What_a_handshake_left_over_is_the_first_message(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SendAsync(
            (byte[])[.. "HELLO\n"u8, .. Messages.Wire("one", "two"), .. Messages.Wire("three").AsSpan(0, 6)]).InTime();
        await pair.Server.HearAsync("HELLO\n");
        var framed = pair.Server.AsMessages();
        await framed.HearAsync("one");
        await framed.HearAsync("two");
        await pair.Client.SendAsync(Messages.Wire("three").AsMemory(6)).InTime();
        await framed.HearAsync("three");
    }

    [Claim]
    public async Task What_a_handshake_has_looked_at_and_left_is_the_first_message(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        byte[] all = [.. "HELLO\n"u8, .. Messages.Wire("seen")];
        await pair.Client.SendAsync(all).InTime();
        var read = await pair.Server.SeeAsync(all.Length);
        // all examined: the peer sends no more until it is answered
        pair.Server.Input.AdvanceTo(read.Buffer.GetPosition(6), read.Buffer.End);
        await pair.Server.AsMessages().HearAsync("seen");
    }

    [Claim]
    public async Task What_was_written_before_goes_before(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Server.Write("WELCOME\n");
        await pair.Server.AsMessages().SayAsync("hello");
        await pair.Client.HearAsync("WELCOME\n");
        await pair.Client.AsMessages().HearAsync("hello");
    }

    [Claim]
    public async Task A_send_waits_for_what_was_written_before_and_not_flushed(Transport transport)
    {
        const int Much = 1 << 20;       // more than an outbox holds
        await using var pair = await transport.ConnectAsync();
        pair.Server.Output.Write(new byte[Much]);
        var sending = pair.Server.AsMessages().SayAsync("after it");
        await pair.Client.TakeAsync(Much);
        await pair.Client.AsMessages().HearAsync("after it");
        await sending;
    }

    [Claim]
    public async Task A_send_waits_for_what_a_cancelled_write_left_behind(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        using var giveUp = new CancellationTokenSource();
        var writing = Stall.Send(pair.Server, giveUp.Token);
        await giveUp.FireAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.InTime());
        var framed = pair.Server.AsMessages();
        Task[] sending = [.. Enumerable.Range(0, 3).Select(i => framed.SendAsync(Messages.Of($"{i}")).AsTask())];
        await pair.Client.TakeAsync(Stall.Bytes);
        Assert.Equal(Messages.Wire("0", "1", "2"), await pair.Client.TakeAsync(15));
        await Task.WhenAll(sending).InTime();
    }

    [Claim]
    public async Task A_flush_that_was_cancelled_before_cancels_none_of_the_messages(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(Messages.Roomy);
        pair.Server.Output.CancelPendingFlush();
        var framed = pair.Server.AsFramed(Messages.Long);
        await framed.ClogAsync();
        var sending = framed.SendAsync(Messages.Of("waited")).AsTask();
        await pair.Client.TakeAsync(Messages.ClogLength);
        Assert.Equal(Messages.Wire("waited"), await pair.Client.TakeAsync(10));
        await sending.InTime();
    }

    [Claim]
    public async Task Nor_does_one_that_is_cancelled_at_the_same_moment(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(Messages.Roomy);
        var framed = pair.Server.AsFramed(Messages.Long);
        await framed.ClogAsync();
        var sending = framed.SendAsync(Messages.Of("waited")).AsTask();
        pair.Server.CancelFlush();
        await pair.Client.TakeAsync(Messages.ClogLength);
        Assert.Equal(Messages.Wire("waited"), await pair.Client.TakeAsync(10));
        await sending.InTime();
    }

    [Claim]
    public async Task A_read_that_waits_or_was_not_given_back_must_end_first(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var waiting = pair.Server.Input.ReadAsync();
        Assert.Throws<InvalidOperationException>(() => pair.Server.AsMessages());
        await pair.Client.SendAsync(Messages.Wire("whole")).InTime();
        var read = await waiting.InTime();
        Assert.Throws<InvalidOperationException>(() => pair.Server.AsMessages());
        pair.Server.Input.AdvanceTo(read.Buffer.Start);
        await pair.Server.AsMessages().HearAsync("whole");
    }

    [Claim]
    public async Task A_limit_that_no_message_would_get_through_is_refused(Transport transport)
    {
        await using var pair = await transport.ConnectAsync(new() { ReceiveLimit = 5_000 });
        var error = Assert.Throws<ArgumentException>(() => pair.Server.AsFramed(Frames.LengthPrefixed(maxFrameLength: 5_000)));
        Assert.Contains("ReceiveLimit", error.Message, StringComparison.Ordinal);
        Assert.Contains("maxFrameLength", error.Message, StringComparison.Ordinal);
        Assert.Contains("5004", error.Message, StringComparison.Ordinal);

        var reader = pair.Server.AsFramed(Frames.LengthPrefixed(maxFrameLength: 4_996));        // the refused attempt did not frame it
        await pair.Client.SendAsync((byte[])[.. Messages.Wire(new byte[4_996]), .. Messages.Wire("next")]).InTime();
        Assert.Equal(new string('\0', 4_996), await reader.NextAsync());
        await reader.HearAsync("next");
    }
}
