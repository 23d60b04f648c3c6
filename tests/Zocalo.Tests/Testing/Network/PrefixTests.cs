using System.Text;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Network;

/// <summary>TCP's one promise: bytes in order, all of them or the first ones of them.</summary>
public class PrefixTests
{
    private static readonly FaultKind[] Breaking =
        [
            FaultKind.Reset,
            FaultKind.LostFin,
            FaultKind.SilentDeath,
            FaultKind.HalfOpen,
            FaultKind.NoBuffersOnSend,
            FaultKind.Partition,
            FaultKind.OneWayPartition,
            FaultKind.LinkFlap,
            FaultKind.Loss];

    private static readonly string Text = string.Concat(Enumerable.Range(0, 1500).Select(i => $"{i:D4},"));

    [Fact(Timeout = 2 * Duo.Cap)]
    public async Task Whatever_happens_what_is_read_is_a_prefix_of_what_was_sent()
    {
        var (whole, cut) = (0, 0);
        await Explore.Seeds(200, async net =>
        {
            net.Window = 1 + (int)(net.Seed * 97 % 5000);
            net.Faults = FaultMix.Harmless.With(0.1, Breaking);
            await using var duo = await Duo.JoinAsync(net);
            var sending = Task.WhenAll(SendAsync(duo.Client), SendAsync(duo.Server));
            foreach (var text in await Task.WhenAll(ReadAsync(duo.Client), ReadAsync(duo.Server)))
            {
                Assert.StartsWith(text, Text, StringComparison.Ordinal);
                Interlocked.Increment(ref text.Length == Text.Length ? ref whole : ref cut);
            }
            await sending;

            async Task SendAsync(Connection connection)
            {
                try
                {
                    for (var at = 0; at < Text.Length; at += 500)
                    {
                        await Duo.Send(connection, Text.Substring(at, 500));
                        await Task.Delay(TimeSpan.FromMilliseconds(net.Seed % 30), net.Time);
                    }
                    await connection.CompleteOutputAsync();
                }
                catch (ConnectionException)
                {
                    // of a fault
                }
            }

            async Task<string> ReadAsync(Connection connection)
            {
                var (text, buffer) = (new StringBuilder(), new byte[1000]);
                try
                {
                    while (await connection.ReceiveAsync(buffer) is > 0 and var count)
                    {
                        text.Append(Encoding.ASCII.GetString(buffer, 0, count));
                        await Task.Delay(TimeSpan.FromMilliseconds(net.Seed % 7), net.Time);
                    }
                }
                catch (ConnectionException)
                {
                    // of a fault
                }
                return text.ToString();
            }
        });
        Assert.True(whole > 50 && cut > 50, $"{whole} came whole and {cut} did not: that shows little");
    }
}
