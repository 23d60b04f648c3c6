using System.Buffers;

namespace Zocalo.Contract.Claims;

/// <summary>Misuse is refused at once, by one documented exception, and harms nothing that is under way.</summary>
public sealed class MisuseClaims
{
    [Claim]
    public async Task A_second_read_is_refused_and_the_first_is_unharmed(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var first = pair.Server.Input.ReadAsync().AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Server.Input.ReadAsync().AsTask().InTime());
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Server.ReceiveAsync(new byte[1]).AsTask().InTime());
        Assert.Throws<InvalidOperationException>(() => pair.Server.Input.TryRead(out _));
        await pair.Client.SayAsync("for the first");
        var read = await first.InTime();
        Assert.Equal("for the first", read.Buffer.Text());
        pair.Server.Input.AdvanceTo(read.Buffer.End);
    }

    [Claim]
    public async Task A_second_flush_is_refused_and_the_first_is_unharmed(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var first = Stall.Send(pair.Client);
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Client.Output.FlushAsync().AsTask().InTime());
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Client.Output.WriteAsync(new byte[1]).AsTask().InTime());
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Client.SendAsync(new byte[1]).AsTask().InTime());
        await pair.Server.TakeAsync(Stall.Bytes);
        await first.InTime();
        await pair.Client.CompleteOutputAsync().InTime();
        await pair.Server.HearTheEndAsync();        // the refused byte was not sent
    }

    [Claim]
    public async Task Reading_before_the_last_read_was_given_back_is_refused(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("abc");
        var read = await pair.Server.SeeAsync(3);
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Server.Input.ReadAsync().AsTask().InTime());
        Assert.Throws<InvalidOperationException>(() => pair.Server.Input.TryRead(out _));
        pair.Server.Input.AdvanceTo(read.Buffer.Start);
        await pair.Server.HearAsync("abc");
    }

    [Claim]
    public async Task Advancing_without_a_read_or_twice_is_refused(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        Assert.Throws<InvalidOperationException>(() => pair.Server.Input.AdvanceTo(default));
        await pair.Client.SayAsync("abc");
        var read = await pair.Server.SeeAsync(3);
        pair.Server.Input.AdvanceTo(read.Buffer.GetPosition(1));
        Assert.Throws<InvalidOperationException>(() => pair.Server.Input.AdvanceTo(read.Buffer.End));
        await pair.Server.HearAsync("bc");
    }

    [Claim]
    public async Task Advancing_past_the_buffer_is_refused(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("abc");
        var read = await pair.Server.SeeAsync(3);
        var end = read.Buffer.End;
        var beyond = new SequencePosition(end.GetObject(), end.GetInteger() + 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Server.Input.AdvanceTo(beyond));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Server.Input.AdvanceTo(read.Buffer.Start, beyond));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Server.Input.AdvanceTo(new ReadOnlySequence<byte>(new byte[3]).End));
        pair.Server.Input.AdvanceTo(read.Buffer.Start);        // the read is still there to be given back
        await pair.Server.HearAsync("abc");
    }

    [Claim]
    public async Task Consuming_more_than_was_examined_is_refused(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("abc");
        var read = await pair.Server.SeeAsync(3);
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Server.Input.AdvanceTo(read.Buffer.End, read.Buffer.GetPosition(1)));
        pair.Server.Input.AdvanceTo(read.Buffer.Start);
        await pair.Server.HearAsync("abc");
    }

    [Claim]
    public async Task Positions_of_an_earlier_read_that_were_consumed_are_refused(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("abcdef");
        var stale = (await pair.Server.SeeAsync(6)).Buffer;
        pair.Server.Input.AdvanceTo(stale.GetPosition(4));
        var read = await pair.Server.Input.ReadAsync().InTime();
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Server.Input.AdvanceTo(stale.GetPosition(2)));
        pair.Server.Input.AdvanceTo(read.Buffer.Start);
        await pair.Server.HearAsync("ef");
    }

    [Claim]
    public async Task Reading_after_the_input_was_completed_is_refused(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Server.Input.Complete();
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Server.Input.ReadAsync().AsTask().InTime());
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Server.ReceiveAsync(new byte[1]).AsTask().InTime());
        Assert.Throws<InvalidOperationException>(() => pair.Server.Input.TryRead(out _));
        await pair.Server.SayAsync("still writing");
        await pair.Client.HearAsync("still writing");
    }

    [Claim]
    public async Task A_read_that_waits_when_the_input_is_completed_is_refused(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var waiting = pair.Server.Input.ReadAsync().AsTask();
        pair.Server.Input.Complete();
        await Assert.ThrowsAsync<InvalidOperationException>(() => waiting.InTime());
    }

    [Claim]
    public async Task Awaiting_a_read_or_a_flush_twice_is_refused(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var reading = pair.Server.Input.ReadAsync();
        await pair.Client.SayAsync("once");
        var read = await reading.AsTask().InTime();
        await Assert.ThrowsAsync<InvalidOperationException>(() => reading.AsTask().InTime());
        pair.Server.Input.AdvanceTo(read.Buffer.End);
        await Assert.ThrowsAsync<InvalidOperationException>(() => reading.AsTask().InTime());
        await pair.Client.SayAsync("again");
        await pair.Server.HearAsync("again");
    }
}
