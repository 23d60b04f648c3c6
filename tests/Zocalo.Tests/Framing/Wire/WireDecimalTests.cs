using System.Buffers;
using System.Text;

namespace Zocalo.Tests.Framing.Wire;

public class WireDecimalTests
{
    [Theory]
    [InlineData("0004a", 5, "expected 5 digits at byte 0, found another byte among them")]
    [InlineData(" 0042", 5, "expected 5 digits at byte 0, found another byte among them")]
    [InlineData("-0042", 5, "expected 5 digits at byte 0, found another byte among them")]
    [InlineData("+0042", 5, "expected 5 digits at byte 0, found another byte among them")]
    [InlineData("/", 1, "expected 1 digit at byte 0, found another byte among them")]
    [InlineData(":", 1, "expected 1 digit at byte 0, found another byte among them")]
    [InlineData("0004", 5, "expected 5 digits at byte 0, found 4 bytes")]
    [InlineData("", 18, "expected 18 digits at byte 0, found 0 bytes")]
    public void A_number_of_fixed_width_is_digits_only(string text, int count, string message) =>
        Failing.Read(
            Encoding.ASCII.GetBytes(text),
            message,
            (ref r) => r.ReadDigits(count),
            (ref r, out v) => { var read = r.TryReadDigits(count, out var n); v = n; return read; });

    [Theory]
    [InlineData("", "no digit")]
    [InlineData("-", "no digit")]
    [InlineData("--1", "no digit")]
    [InlineData("+1", "no digit")]
    [InlineData(" 1", "no digit")]
    [InlineData("x", "no digit")]
    [InlineData("9223372036854775808", "a greater one")]
    [InlineData("-9223372036854775809", "a greater one")]
    [InlineData("9999999999999999999", "a greater one")]
    [InlineData("18446744073709551617", "more than 19 digits")]
    [InlineData("00000000000000000001", "more than 19 digits")]
    [InlineData("-00000000000000000001", "more than 19 digits")]
    public void A_number_that_is_none_or_passes_64_bits_is_refused(string text, string found) =>
        Failing.Read(Encoding.ASCII.GetBytes(text), $"expected a decimal number of at most 64 bits at byte 0, found {found}",
            (ref r) => r.ReadDecimal(), (ref r, out v) => { var read = r.TryReadDecimal(out var n); v = n; return read; });

    [Theory]
    [InlineData("42,next", 42, 2)]
    [InlineData("-7;", -7, 2)]
    [InlineData("0000000000000000042 ", 42, 19)]
    [InlineData("-0000000000000000042-", -42, 20)]
    [InlineData("1-2", 1, 1)]
    [InlineData("-0", 0, 2)]
    public void A_number_ends_at_what_is_no_digit_which_stays(string text, long value, int length)
    {
        foreach (var frame in Spread.Everywhere(Encoding.ASCII.GetBytes(text)))
        {
            var reader = new WireReader(frame);
            Assert.Equal(value, reader.ReadDecimal());
            Assert.Equal(length, reader.Position);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(19)]
    public void A_width_that_cannot_be_is_the_programs_mistake(int count)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Throws<ArgumentOutOfRangeException>(() => new WireReader("0000000000000000000000"u8).ReadDigits(count));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WireReader("0000000000000000000000"u8).TryReadDigits(count, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WireWriter(output).WriteDigits(0, count));
        Assert.Equal(0, output.WrittenCount);
    }

    [Theory]
    [InlineData(100_000, 5)]
    [InlineData(10, 1)]
    [InlineData(long.MaxValue, 18)]
    [InlineData(-1, 5)]
    public void A_number_that_does_not_fit_its_width_is_not_written(long value, int count)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Throws<ArgumentOutOfRangeException>(nameof(value), () => new WireWriter(output).WriteDigits(value, count));
        Assert.Equal(0, output.WrittenCount);
    }
}
