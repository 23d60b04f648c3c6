using System.Buffers;
using System.Text;

namespace Zocalo.Tests.Framing;

/// <summary>Every length that a peer should not send, in every way to write one: refused as soon as it is read, with the value that it
/// has.</summary>
public sealed class HostileLengthTests
{
    public static TheoryData<string, byte[], string> Lengths => new()
    {
        { "u32", [0xFF, 0xFF, 0xFF, 0xFF], "4294967295" },                                      // -1, and 2^32 - 1
        { "u32", [0x7F, 0xFF, 0xFF, 0xFF], "2147483647" },
        { "u32", [0x80, 0x00, 0x00, 0x00], "2147483648" },
        { "u32", [0x00, 0x00, 0x00, 0x65], "101" },
        { "u64", [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "18446744073709551615" },
        { "u64", [0x80, 0, 0, 0, 0, 0, 0, 0], "9223372036854775808" },                            // 2^63
        { "u64", [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "9223372036854775807" },
        { "u64", [0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], "4294967295" },
        { "u64", [0, 0, 0, 1, 0, 0, 0, 0], "4294967296" },                                        // 0 in the lower half
        { "u64", [0, 0, 0, 0, 0x80, 0, 0, 0], "2147483648" },
        { "u64", [0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF], "2147483647" },
        { "u16", [0xFF, 0xFF], "65535" },
        { "u8", [0xFF], "255" },
        { "varint", [0x65], "101" },
        { "digits", "999999999"u8.ToArray(), "999999999" },
    };

    [Theory]
    [MemberData(nameof(Lengths), DisableDiscoveryEnumeration = true)]
    public void A_length_over_the_limit_is_refused_with_its_true_value(string kind, byte[] header, string value)
    {
        var refused = Hostile.Corrupt(Hostile.Format(kind, 100), header);
        Assert.Equal((100, 0), (refused.Limit, refused.Offset));
        Assert.Equal(Int128.Parse(value, null), refused.Value);
        Assert.Contains(Hostile.Format(kind, 100).Name, refused.Message, StringComparison.Ordinal);
        Assert.Contains(value, refused.Message, StringComparison.Ordinal);
        Assert.Contains("100", refused.Message, StringComparison.Ordinal);
        Assert.Contains("byte 0", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_length_of_0_is_an_empty_frame_and_the_stream_goes_on()
    {
        (string Kind, byte[] Empty)[] kinds = [
            ("u8", [0]),
            ("u16", [0, 0]),
            ("u32", [0, 0, 0, 0]),
            ("u64", new byte[8]),
            ("varint", [0]),
            ("digits", "000000000"u8.ToArray()),
            ("netstring", "0:,"u8.ToArray())];
        foreach (var (kind, empty) in kinds)
        {
            Assert.Equal([[], [], []], Hostile.Read(Hostile.Format(kind, 100), [.. empty, .. empty, .. empty]));
        }
    }

    /// <summary>Netty's adjustments: a length that counts the header too and says less than the header, which Netty's own decoder had to
    /// learn to refuse.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void A_length_that_does_not_reach_its_own_end_is_refused(byte length)
    {
        var refused = Hostile.Corrupt(
            Frames.LengthPrefixed(new LengthField(2) { Offset = 2, Adjustment = -4 }, 100), [0x78, 0x78, 0, length]);
        Assert.Equal((length, 2), ((int?)refused.Value, refused.Offset));
    }

    /// <summary>A number in more bytes than it needs lets two parties disagree on where it ends.</summary>
    [Theory]
    [InlineData(new byte[] { 0x80, 0x00 })]
    [InlineData(new byte[] { 0x85, 0x80, 0x00 })]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    public void An_overlong_varint_is_refused(byte[] varint) => Hostile.Corrupt(Frames.VarintPrefixed(), varint);

    /// <summary>It is refused at the first byte that takes it over the limit; what it would have come to is not waited for.</summary>
    [Fact]
    public void A_long_varint_over_the_limit_is_refused_with_the_least_that_it_can_be()
    {
        foreach (var varint in new byte[][]
        {
            [0x80, 0x80, 0x80, 0x80, 0x08],
            [0xFF, 0xFF, 0xFF, 0xFF, 0x07],
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        })
        {
            var refused = Hostile.Corrupt(Frames.VarintPrefixed(100), varint);
            Assert.Equal((varint[0], 100), ((int?)refused.Value, (int?)refused.Limit));
            Assert.Contains("at least", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_varint_that_never_ends_is_refused_while_it_comes()
    {
        var reader = new FrameReader(Frames.VarintPrefixed());
        var bytes = new byte[20];
        Array.Fill(bytes, (byte)0x80);
        var came = 0;
        Assert.Throws<FrameException>(() =>
        {
            for (came = 1; came <= bytes.Length; came++)
            {
                reader.Begin(new ReadOnlySequence<byte>(bytes, 0, came));
                Assert.False(reader.TryRead(out _));
            }
        });
        Assert.InRange(came, 2, 10);
    }

    [Theory]
    [InlineData("5:hello;", 7)]
    [InlineData("5:helloo,", 7)]
    [InlineData("05:hello,", null)]
    [InlineData(":hello,", 0)]
    [InlineData("-1:,", 0)]
    [InlineData("+1:a,", 0)]
    [InlineData(" 1:a,", 0)]
    [InlineData("5hello", 1)]
    [InlineData("0x5:hello,", null)]
    public void A_netstring_is_taken_at_its_word_only(string text, int? at)
    {
        var refused = Hostile.Corrupt(Frames.Netstrings(), Encoding.ASCII.GetBytes(text));
        Assert.Equal(at ?? refused.Offset, refused.Offset);
    }

    [Theory]
    [InlineData("-0001a", 0)]
    [InlineData("+0001a", 0)]
    [InlineData(" 0001a", 0)]
    [InlineData("1e003a", 1)]
    [InlineData("0x001a", 1)]
    public void Digits_are_digits_and_nothing_that_a_parser_would_also_take(string text, int at) =>
        Assert.Equal(at, Hostile.Corrupt(Frames.DigitsPrefixed(), Encoding.ASCII.GetBytes(text)).Offset);
}
