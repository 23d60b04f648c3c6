using System.Text;

namespace Zocalo.Tests.Framing.Formats;

/// <summary>
/// A start mark whose beginning comes again inside it. What looked like a mark and was none may hold the beginning of a true one, also when
/// it came in pieces: only its first byte is out.
/// </summary>
public sealed class OverlappingMarkTests
{
    [Theory]
    [InlineData("aab", "aaab!")]
    [InlineData("aab", "aaaaab!")]
    [InlineData("aab", "aabx!aaabaab!aaab!")]
    [InlineData("abac", "ababac!")]
    [InlineData("abac", "abababacaba!abab!abac!")]
    [InlineData("aaa", "aabaaa!aaaaa!aa!aaa!")]
    public void A_mark_behind_the_beginning_of_itself_is_found_at_every_split(string mark, string stream)
    {
        var format = Frames.Delimited("!"u8).WithResync(Encoding.ASCII.GetBytes(mark));
        var reading = Reading.AtEverySplit(format, Encoding.ASCII.GetBytes(stream));
        Assert.Null(reading.Error);
        Assert.Equal(FindByHand(mark, stream), reading.Frames.Select(hex => Encoding.ASCII.GetString(Convert.FromHexString(hex))));
    }

    [Fact]
    public void A_preamble_of_equal_bytes_may_be_longer_than_the_mark()
    {
        var format = Frames.LengthPrefixed(new LengthField(1) { Offset = 3 }, 100).WithResync([0x55, 0x55, 0xAA]);
        byte[] message = [0x55, 0x55, 0xAA, 2, 7, 8];
        for (var more = 0; more < 5; more++)
        {
            byte[] preamble = [.. Enumerable.Repeat((byte)0x55, more)];
            var reading = Reading.AtEverySplit(format, [.. preamble, .. message, .. preamble, .. message]);
            Assert.Equal(2, reading.Frames.Count);
            Assert.Equal((2L * more, null), (reading.Skipped, reading.Error));
        }
    }

    /// <summary>From each mark to the next "!", and the same again behind it.</summary>
    private static IEnumerable<string> FindByHand(string mark, string stream)
    {
        var at = 0;
        while ((at = stream.IndexOf(mark, at, StringComparison.Ordinal)) >= 0)
        {
            var end = stream.IndexOf('!', at);
            yield return stream[at..end];
            at = end + 1;
        }
    }
}
