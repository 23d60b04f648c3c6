using System.Buffers.Binary;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Network;

/// <summary>An action runs when exactly that many bytes have arrived, and no more bytes arrive before it has run.</summary>
public class TriggerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly FrameFormat Format = Frames.LengthPrefixed();

    [Theory(Timeout = Duo.Cap)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    public async Task It_runs_after_exactly_so_many_bytes_in_the_middle_of_a_send(int bytes)
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.AfterBytes(bytes, duo.Wire.Reset);
        await Duo.Send(duo.Client, "0123456789abcdefghij");
        await Task.Delay(Second, net.Time);
        Assert.Equal("0123456789abcdefghij"[..bytes], await Duo.Read(duo.Server, bytes));
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(duo.Server, 1));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task It_counts_over_several_sends_and_the_rest_goes_on_after_it()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.AfterBytes(13, () => net.Trace.Note("now"));
        for (var i = 0; i < 4; i++)
        {
            await Duo.Send(duo.Client, "hello");
        }
        Assert.Equal("hellohellohellohello", await Duo.Read(duo.Server, 20));
        Assert.Equal(13, ArrivedBefore(net, "now"));
    }

    [Fact(Timeout = Duo.Cap)]
    public Task Split_and_dribbled_bytes_are_counted_too() => Explore.Seeds(30, async net =>
    {
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.Split(9);
        duo.Wire.ToServer.Dribble(5);
        duo.Wire.ToServer.AfterBytes(42, () => net.Trace.Note("now"));
        duo.Wire.ToServer.AfterFrames(3, Format, () => net.Trace.Note("third"));
        for (var i = 0; i < 5; i++)
        {
            await duo.Client.SendAsync(Frame(10 + i));
        }
        await Duo.Read(duo.Server, 5 * 4 + 60);
        Assert.Equal(42, ArrivedBefore(net, "now"));
        Assert.Equal((3 * 4) + 33, ArrivedBefore(net, "third"));
    });

    [Theory(Timeout = Duo.Cap)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task It_runs_after_exactly_so_many_frames_of_one_send(int frames)
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.AfterFrames(frames, Format, duo.Wire.Reset);
        await duo.Client.SendAsync(Enumerable.Range(0, 5).SelectMany(_ => Frame(6)).ToArray());
        await Task.Delay(Second, net.Time);
        Assert.Equal(frames * 10, (await Duo.Read(duo.Server, frames * 10)).Length);
        await Assert.ThrowsAsync<ConnectionException>(() => Duo.Read(duo.Server, 1));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Frames_are_counted_from_the_call_if_bytes_have_passed()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        await duo.Client.SendAsync(Frame(6));
        await Duo.Read(duo.Server, 10);
        duo.Wire.ToServer.AfterFrames(2, Format, () => net.Trace.Note("now"));
        for (var i = 0; i < 3; i++)
        {
            await duo.Client.SendAsync(Frame(6));
        }
        await Duo.Read(duo.Server, 30);
        Assert.Equal(30, ArrivedBefore(net, "now"));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Bytes_that_have_passed_already_are_counted()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        await Duo.Pass(duo.Client, duo.Server, "0123456789");
        var ran = 0;
        duo.Wire.ToServer.AfterBytes(5, () => ran++);
        duo.Wire.ToServer.AfterBytes(10, () => ran++);
        duo.Wire.ToServer.AfterBytes(15, () => net.Trace.Note("now"));
        Assert.Equal("abcdefghij", await Duo.Pass(duo.Client, duo.Server, "abcdefghij"));
        Assert.Equal("klm", await Duo.Pass(duo.Client, duo.Server, "klm"));
        Assert.Equal(2, ran);
        Assert.Equal(15, ArrivedBefore(net, "now"));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Two_at_one_place_have_both_run_before_anything_more_arrives()
    {
        for (var seed = 1UL; seed <= 10; seed++)
        {
            await using var net = new SimulatedNetwork(seed) { DefaultLink = LinkOptions.Instant };
            await using var duo = await Duo.JoinAsync(net);
            duo.Wire.ToServer.AfterBytes(10, () => net.Trace.Note("one"));
            duo.Wire.ToServer.AfterBytes(10, () => net.Trace.Note("two"));
            await Duo.Send(duo.Client, "0123456789abcdefghij");
            Assert.Equal("0123456789abcdefghij", await Duo.Read(duo.Server, 20));
            Assert.Equal(10, ArrivedBefore(net, "one"));
            Assert.Equal(10, ArrivedBefore(net, "two"));
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Several_run_each_at_its_place()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        var places = new[] { 11, 3, 10, 17, 4 };
        foreach (var place in places)
        {
            duo.Wire.ToServer.AfterBytes(place, () => net.Trace.Note($"at {place};"));
        }
        duo.Wire.ToServer.AfterFrames(1, Format, () => net.Trace.Note("frame"));
        await duo.Client.SendAsync(Frame(10));
        await duo.Client.SendAsync(Frame(10));
        await Duo.Read(duo.Server, 28);
        Assert.All(places, place => Assert.Equal(place, ArrivedBefore(net, $"at {place};")));
        Assert.Equal(14, ArrivedBefore(net, "frame"));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task An_action_may_set_the_next_one()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        Next(4);
        await Duo.Send(duo.Client, "0123456789abcdefghij");
        Assert.Equal("0123456789abcdefghij", await Duo.Read(duo.Server, 20));
        for (var place = 4; place <= 20; place += 4)
        {
            Assert.Equal(place, ArrivedBefore(net, $"at {place};"));
        }

        void Next(int place) => duo.Wire.ToServer.AfterBytes(place, () =>
        {
            net.Trace.Note($"at {place};");
            Next(place + 4);
        });
    }

    [Fact(Timeout = Duo.Cap)]
    public Task A_segment_that_is_lost_and_sent_again_is_counted_once() => Explore.Seeds(30, async net =>
    {
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.Split(8);
        duo.Wire.ToServer.AfterBytes(33, () => net.Trace.Note("now"));
        duo.Wire.ToServer.AfterFrames(4, Format, () => net.Trace.Note("fourth"));
        var sending = SendAsync();
        for (var i = 0; i < 4; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1 + (net.Seed % 3)), net.Time);
            net.Partition(duo.A, duo.B);
            await Task.Delay(TimeSpan.FromMilliseconds(2), net.Time);
            net.Heal(duo.A, duo.B);
            await Task.Delay(TimeSpan.FromMilliseconds(200), net.Time);
        }
        Assert.Equal(60, (await Duo.Read(duo.Server, 60)).Length);
        await sending;
        Assert.Equal(33, ArrivedBefore(net, "now"));
        Assert.Equal(40, ArrivedBefore(net, "fourth"));

        async Task SendAsync()
        {
            for (var i = 0; i < 6; i++)
            {
                await duo.Client.SendAsync(Frame(6));
                await Task.Delay(TimeSpan.FromMilliseconds(2), net.Time);
            }
        }
    });

    [Fact(Timeout = Duo.Cap)]
    public async Task Bytes_that_are_not_of_the_format_pass_and_it_never_runs()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        var ran = false;
        duo.Wire.ToServer.AfterFrames(1, Format, () => ran = true);
        Assert.Equal("GET / HTTP/1.1", await Duo.Pass(duo.Client, duo.Server, "GET / HTTP/1.1"));
        Assert.Equal("and so on", await Duo.Pass(duo.Client, duo.Server, "and so on"));
        Assert.False(ran);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Places_that_make_no_sense_are_refused()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        Assert.Throws<ArgumentOutOfRangeException>(() => duo.Wire.ToServer.AfterBytes(0, () => { }));
        Assert.Throws<ArgumentOutOfRangeException>(() => duo.Wire.ToServer.AfterFrames(0, Format, () => { }));
        Assert.Throws<ArgumentNullException>(() => duo.Wire.ToServer.AfterBytes(1, null!));
        Assert.Throws<ArgumentNullException>(() => duo.Wire.ToServer.AfterFrames(1, null!, () => { }));
        Assert.Throws<ArgumentOutOfRangeException>(() => duo.Wire.ToServer.Split(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => duo.Wire.ToServer.Dribble(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => duo.Wire.ToServer.SlowReader(0));
    }

    private static byte[] Frame(int length)
    {
        var frame = new byte[4 + length];
        BinaryPrimitives.WriteInt32BigEndian(frame, length);
        return frame;
    }

    /// <summary>Bytes that the trace says have arrived at the server before a note.</summary>
    private static int ArrivedBefore(SimulatedNetwork net, string note)
    {
        var lines = net.Trace.ToString().Split('\n');
        var at = Array.FindIndex(lines, line => line.Contains($"note: {note}", StringComparison.Ordinal));
        Assert.True(at >= 0, $"'{note}' is not in the trace");
        return lines[..at]
            .Where(line => line.Contains("server has ", StringComparison.Ordinal) && line.EndsWith("B more", StringComparison.Ordinal)).Sum(
                line => int.Parse(line.Split(' ')[^3], null));
    }
}
