using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Network;

/// <summary>The story of a simulation, in lines that people read.</summary>
public class TraceTests
{
    [Fact(Timeout = Duo.Cap)]
    public async Task It_tells_who_sent_what_what_arrived_and_how_it_ended()
    {
        await using var net = new SimulatedNetwork(1) { DefaultLink = new() { Latency = TimeSpan.FromMilliseconds(10) } };
        await using var duo = await Duo.JoinAsync(net);
        await Duo.Pass(duo.Client, duo.Server, "say \"hi\"\r\n");
        var closing = duo.Client.CloseAsync();
        await duo.Server.CloseAsync();
        await closing;
        var lines = net.Trace.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var ends = Array.FindAll(lines, line => line.Contains(" end: ", StringComparison.Ordinal));
        Assert.Equal(
            """
                 0.0000000 b listens on tcp://10.0.0.2:7000
                 0.0000000 #1 connect from a to tcp://10.0.0.2:7000
                 0.0200000 #1 connected, tcp://10.0.0.1:32768 to tcp://10.0.0.2:7000
                 0.0300000 #1 client sends 10 B "say \x22hi\x22\x0d\x0a"
                 0.0400000 #1 server has 10 B more
                 0.0400000 #1 server receives 10 B
                 0.0400000 #1 client sends FIN
                 0.0400000 #1 server sends FIN
                 0.0500000 #1 client has the FIN
                 0.0500000 #1 server has the FIN
            """.Split('\n').Order(StringComparer.Ordinal),
            lines.Except(ends).Order(StringComparer.Ordinal));      // one instant's lines come in the seed's order
        Assert.All(ends, line => Assert.StartsWith("     0.0500000 #1 ", line, StringComparison.Ordinal));
        Assert.Equal(2, ends.Length);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Of_long_sends_the_beginning_is_shown()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        await Duo.Pass(duo.Client, duo.Server, new string('x', 25));
        await Duo.Pass(duo.Client, duo.Server, new string('y', 24));
        var trace = net.Trace.ToString();
        Assert.Contains($"sends 25 B \"{new string('x', 24)}\"…\n", trace, StringComparison.Ordinal);
        Assert.Contains($"sends 24 B \"{new string('y', 24)}\"\n", trace, StringComparison.Ordinal);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Its_last_lines_can_be_had_alone()
    {
        await using var net = new SimulatedNetwork(1);
        Assert.Equal(("", 0), (net.Trace.ToString(), net.Trace.Count));
        foreach (var note in (string[])["one", "two", "three"])
        {
            net.Trace.Note(note);
        }
        Assert.Equal(3, net.Trace.Count);
        Assert.Equal("     0.0000000 note: two\n     0.0000000 note: three\n", net.Trace.ToString(2));
        Assert.Equal(net.Trace.ToString(), net.Trace.ToString(100));
        Assert.Equal("", net.Trace.ToString(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => net.Trace.ToString(-1));
        Assert.Throws<ArgumentNullException>(() => net.Trace.Note(null!));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Its_digest_is_that_of_the_text()
    {
        await using var net = new SimulatedNetwork(1);
        var empty = net.Trace.Digest;
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", empty);
        net.Trace.Note("a");
        var one = net.Trace.Digest;
        net.Trace.Note("a");
        Assert.Equal(3, new HashSet<string> { empty, one, net.Trace.Digest }.Count);
    }
}
