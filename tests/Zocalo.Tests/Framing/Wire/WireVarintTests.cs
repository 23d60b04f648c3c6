namespace Zocalo.Tests.Framing.Wire;

public class WireVarintTests
{
    [Theory]
    [InlineData("8000", "one in more bytes than it needs")]
    [InlineData("FF00", "one in more bytes than it needs")]
    [InlineData("8080808000", "one in more bytes than it needs")]
    [InlineData("FFFFFFFF10", "a longer one")]
    [InlineData("FFFFFFFF1F", "a longer one")]
    [InlineData("FFFFFFFFFF00", "a longer one")]
    [InlineData("8080808080808080808001", "a longer one")]
    [InlineData("", "no bytes")]
    [InlineData("80", "its beginning only")]
    [InlineData("FFFFFFFF", "its beginning only")]
    public void A_number_of_32_bits_is_refused_when_it_is_overlong_or_too_great_or_cut(string hex, string found)
    {
        var message = $"expected a varint of at most 32 bits at byte 0, found {found}";
        Failing.Read(
            Convert.FromHexString(hex),
            message,
            (ref r) => r.ReadVarUInt32(),
            (ref r, out v) => { var read = r.TryReadVarUInt32(out var n); v = n; return read; });
        Failing.Read(
            Convert.FromHexString(hex),
            message,
            (ref r) => r.ReadZigZagInt32(),
            (ref r, out v) => { var read = r.TryReadZigZagInt32(out var n); v = n; return read; });
    }

    [Theory]
    [InlineData("8000", "one in more bytes than it needs")]
    [InlineData("FFFFFFFFFFFFFFFFFF00", "one in more bytes than it needs")]
    [InlineData("FFFFFFFFFFFFFFFFFF02", "a longer one")]
    [InlineData("FFFFFFFFFFFFFFFFFF7F", "a longer one")]
    [InlineData("FFFFFFFFFFFFFFFFFF81", "a longer one")]
    [InlineData("FFFFFFFFFFFFFFFFFFFF01", "a longer one")]
    [InlineData("FFFFFFFFFFFFFFFFFF", "its beginning only")]
    public void A_number_of_64_bits_is_refused_when_it_is_overlong_or_too_great_or_cut(string hex, string found)
    {
        var message = $"expected a varint of at most 64 bits at byte 0, found {found}";
        Failing.Read(
            Convert.FromHexString(hex),
            message,
            (ref r) => r.ReadVarUInt64(),
            (ref r, out v) => { var read = r.TryReadVarUInt64(out var n); v = n; return read; });
        Failing.Read(
            Convert.FromHexString(hex),
            message,
            (ref r) => r.ReadZigZagInt64(),
            (ref r, out v) => { var read = r.TryReadZigZagInt64(out var n); v = n; return read; });
    }

    [Fact]
    public void All_spellings_of_two_bytes_are_one_number_or_refused()
    {
        var seen = new HashSet<ulong>();
        for (var spelling = 0; spelling <= ushort.MaxValue; spelling++)
        {
            var reader = new WireReader([(byte)spelling, (byte)(spelling >> 8)]);
            if (reader.TryReadVarUInt64(out var value) && reader.IsAtEnd)
            {
                Assert.True(seen.Add(value), $"{value} has a second spelling");
            }
        }
        Assert.Equal(Enumerable.Range(128, 16384 - 128).Select(value => (ulong)value), seen.Order());
    }
}
