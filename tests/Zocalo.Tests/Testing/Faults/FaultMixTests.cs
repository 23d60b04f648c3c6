using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Faults;

public class FaultMixTests
{
    [Fact]
    public void A_mix_is_changed_by_making_another_one()
    {
        var mix = FaultMix.None.With(FaultKind.Reset, 0.5);
        Assert.Equal(0.5, mix[FaultKind.Reset]);
        Assert.Equal(0, FaultMix.None[FaultKind.Reset]);
        Assert.Equal(0.5, mix.With(FaultKind.Split, 1)[FaultKind.Reset]);
        Assert.Equal(0, mix.With(FaultKind.Reset, 0)[FaultKind.Reset]);
        Assert.Equal("Reset 0.5", mix.ToString());
        Assert.Equal("none", FaultMix.None.ToString());
    }

    [Theory]
    [InlineData(-0.001)]
    [InlineData(1.001)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_ratio_is_from_0_to_1(double ratio)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => FaultMix.None.With(FaultKind.Reset, ratio));
        Assert.Throws<ArgumentOutOfRangeException>(() => FaultMix.None.With(ratio, FaultKind.Split, FaultKind.Reset));
    }

    [Fact]
    public void All_has_every_kind_and_harmless_none_that_breaks_a_connection()
    {
        Assert.All(Enum.GetValues<FaultKind>(), kind => Assert.InRange(FaultMix.All[kind], 0.001, 1));
        Assert.All(Enum.GetValues<FaultKind>(), kind => Assert.Equal(0, FaultMix.None[kind]));
        Assert.All(
            [
                FaultKind.Reset,
                FaultKind.LostFin,
                FaultKind.SilentDeath,
                FaultKind.HalfOpen,
                FaultKind.NoBuffersOnSend,
                FaultKind.Refuse,
                FaultKind.DnsFailure,
                FaultKind.HostCrash],
            kind => Assert.Equal(0, FaultMix.Harmless[kind]));
    }

    [Fact(Timeout = 2 * Duo.Cap)]
    public Task A_correct_program_does_not_notice_the_harmless_ones() => Explore.Seeds(100, async net =>
    {
        net.Faults = FaultMix.Harmless;
        await using var server = await SocketServer.StartAsync(
            "tcp://b:7000", (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct), new() { Engine = net.Host("b") });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async i =>
        {
            var client = await Connector.ConnectAsync("tcp://b:7000", new() { Engine = net.Host($"a{i}") });
            var text = string.Concat(Enumerable.Range(0, 1000).Select(n => $"{i}:{n};"));
            var sending = Duo.Send(client, text);
            Assert.Equal(text, await Duo.Read(client, text.Length));
            await sending;
            Assert.Equal(EndReason.Completed, (await client.CloseAsync()).Reason);
        }));
    });
}
