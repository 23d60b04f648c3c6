using System.Buffers;
using System.IO.Pipelines;

namespace Zocalo.Contract.Claims;

/// <summary>The input is a PipeReader, and does what one does.</summary>
public sealed class ReadingClaims
{
    [Claim]
    public async Task What_was_not_examined_is_given_again_at_once(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("abcdef");
        var read = await pair.Server.SeeAsync(6);
        pair.Server.Input.AdvanceTo(read.Buffer.GetPosition(1), read.Buffer.GetPosition(3));

        var again = pair.Server.Input.ReadAsync();
        Assert.True(again.IsCompletedSuccessfully);
        Assert.Equal("bcdef", again.Result.Buffer.Text());
        pair.Server.Input.AdvanceTo(again.Result.Buffer.End);
    }

    [Claim]
    public async Task What_was_examined_and_not_consumed_comes_again_with_more(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("abc");
        var read = await pair.Server.SeeAsync(3);
        pair.Server.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);

        var more = pair.Server.Input.ReadAsync();
        Assert.False(more.IsCompleted);
        await pair.Client.SayAsync("def");
        read = await more.InTime();
        Assert.Equal("abcdef", read.Buffer.Text());
        pair.Server.Input.AdvanceTo(read.Buffer.End);
    }

    [Claim]
    public async Task Consuming_any_number_of_bytes_at_a_time_loses_none(Transport transport)
    {
        var chance = Chance.New();
        var bytes = Chance.Bytes(1_000_000);
        await using var pair = await transport.ConnectAsync();
        var sending = pair.Client.SendAsync(bytes).AsTask();
        var received = new ArrayBufferWriter<byte>(bytes.Length);
        while (received.WrittenCount < bytes.Length)
        {
            var read = await pair.Server.Input.ReadAsync().InTime();
            var consumed = read.Buffer.Slice(0, chance.Next((int)Math.Min(read.Buffer.Length, 9000) + 1));
            var examined = read.Buffer.Slice(consumed.Length, chance.Next((int)(read.Buffer.Length - consumed.Length) + 1));
            foreach (var part in consumed)
            {
                received.Write(part.Span);
            }
            var all = received.WrittenCount + read.Buffer.Length - consumed.Length == bytes.Length;
            // who has looked at everything waits for ever
            pair.Server.Input.AdvanceTo(consumed.End, all ? consumed.End : examined.End);
        }
        await sending.InTime();
        Assert.Equal(bytes, received.WrittenSpan.ToArray());
    }

    [Claim]
    public async Task ReadAtLeastAsync_waits_for_as_many_bytes_as_asked(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var reading = pair.Server.Input.ReadAtLeastAsync(5).AsTask();
        foreach (var letter in new[] { "a", "b", "c", "d" })
        {
            await pair.Client.SayAsync(letter);
            Assert.False(reading.IsCompleted);
        }
        await pair.Client.SayAsync("e");
        var read = await reading.InTime();
        Assert.Equal("abcde", read.Buffer.Text());
        pair.Server.Input.AdvanceTo(read.Buffer.End);
    }

    [Claim]
    public async Task ReadAtLeastAsync_gives_less_when_the_peer_finishes(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("abc");
        await pair.Client.CompleteOutputAsync().InTime();
        var read = await pair.Server.Input.ReadAtLeastAsync(5).InTime();
        Assert.True(read.IsCompleted);
        Assert.Equal("abc", read.Buffer.Text());
        pair.Server.Input.AdvanceTo(read.Buffer.End);
    }

    [Claim]
    public async Task TryRead_gives_what_is_there_and_never_waits(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        Assert.False(pair.Server.Input.TryRead(out _));
        Assert.False(pair.Server.Input.TryRead(out _));
        await pair.Client.SayAsync("there");
        ReadResult read = default;
        await Patience.UntilAsync(() => pair.Server.Input.TryRead(out read));
        Assert.Equal("there", read.Buffer.Text());
        pair.Server.Input.AdvanceTo(read.Buffer.Start);        // nothing examined: it is there again
        Assert.True(pair.Server.Input.TryRead(out read));
        pair.Server.Input.AdvanceTo(read.Buffer.End);
        Assert.False(pair.Server.Input.TryRead(out _));
        await pair.Client.CompleteOutputAsync().InTime();
        await Patience.UntilAsync(() => pair.Server.Input.TryRead(out read));
        Assert.True(read.IsCompleted);
        pair.Server.Input.AdvanceTo(read.Buffer.End);
    }

    [Claim]
    public async Task One_hundred_thousand_reads_of_buffered_bytes_end_at_once(Transport transport)
    {
        const int Count = 100_000;
        await using var pair = await transport.ConnectAsync();
        var sending = pair.Client.SendAsync(new byte[Count]).AsTask();
        var read = await pair.Server.SeeAsync(Count);
        pair.Server.Input.AdvanceTo(read.Buffer.Start);
        for (var left = Count; left > 0; left--)
        {
            var reading = pair.Server.Input.ReadAsync();
            Assert.True(reading.IsCompletedSuccessfully);
            read = reading.Result;
            Assert.Equal(left, read.Buffer.Length);
            pair.Server.Input.AdvanceTo(read.Buffer.GetPosition(1));
        }
        await sending.InTime();
    }
}
