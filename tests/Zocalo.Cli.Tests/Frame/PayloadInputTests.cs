using System.Text;

namespace Zocalo.Cli.Tests;

public sealed class PayloadInputTests
{
    private static readonly FrameFormat AnyBytes = Frames.LengthPrefixed();

    [Theory]
    [InlineData("", "")]
    [InlineData("one\ntwo\n", "one|two|")]
    [InlineData("one\ntwo", "one|two|")]
    [InlineData("one\r\ntwo\r\n", "one|two|")]
    [InlineData("\n\n", "||")]
    [InlineData("a\rb\n\r\n", "a\rb||")]
    public void A_line_is_a_message_without_its_end(string input, string messages)
    {
        foreach (var chunk in new[] { 1, 2, 1000 })
        {
            Assert.Equal(messages, Read(new PayloadInput(AnyBytes, InputForm.Lines), Encoding.UTF8.GetBytes(input), chunk));
        }
    }

    [Theory]
    [InlineData(nameof(InputForm.Escapes), "a\\n\\xff\\\\b\n\n", "a\n\u00ff\\b||")]
    [InlineData(nameof(InputForm.Hex), "61 0A\n\nff", "a\n||\u00ff|")]
    [InlineData(nameof(InputForm.Raw), "a\nb\r\n", "a\nb\r\n|")]
    [InlineData(nameof(InputForm.Raw), "", "")]
    public void A_message_can_carry_any_byte(string form, string input, string messages) =>
        Assert.Equal(messages, Read(new PayloadInput(AnyBytes, Enum.Parse<InputForm>(form)), Encoding.UTF8.GetBytes(input), 3));

    [Theory]
    [InlineData(nameof(InputForm.Escapes), "ok\n\\q\n", "line 2: '\\q' is not an escape")]
    [InlineData(nameof(InputForm.Escapes), "\\xf", "line 1: '\\xf' is not an escape")]
    [InlineData(nameof(InputForm.Hex), "00\n0\n", "line 2: not hexadecimal")]
    [InlineData(nameof(InputForm.Hex), "00\n00\nhello", "line 3: not hexadecimal")]
    [InlineData(nameof(InputForm.Lines), "12345\n123456\n", "line 2 has more than 5 bytes, the most that")]
    [InlineData(nameof(InputForm.Lines), "123456", "line 1 has more than 5 bytes, the most that")]
    [InlineData(nameof(InputForm.Raw), "123\n56", "the input has more than 5 bytes, the most that")]
    public void What_is_no_message_is_named_by_its_line(string form, string input, string problem)
    {
        var messages = new PayloadInput(Frames.LengthPrefixed(maxFrameLength: 5), Enum.Parse<InputForm>(form));
        var refused = Assert.Throws<ToolException>(() => Read(messages, Encoding.UTF8.GetBytes(input), 2));
        Assert.StartsWith(problem, refused.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, refused.ExitCode);
    }

    [Fact]
    public void Escapes_are_UTF8()
    {
        var messages = new PayloadInput(AnyBytes, InputForm.Escapes);
        var refused = Assert.Throws<ToolException>(() => Read(messages, [(byte)'a', 0xFF, (byte)'\n'], 10));
        Assert.StartsWith("line 1: not UTF-8", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_of_the_greatest_length_fits_in_every_form()
    {
        var format = Frames.LengthPrefixed(maxFrameLength: 3);
        Assert.Equal("abc|", Read(new PayloadInput(format, InputForm.Lines), "abc\n"u8, 1));
        Assert.Equal("abc|", Read(new PayloadInput(format, InputForm.Escapes), "\\x61\\x62\\x63\n"u8, 1));
        Assert.Equal("abc|", Read(new PayloadInput(format, InputForm.Hex), "61 62 63 \n"u8, 1));
        Assert.Equal("abc|", Read(new PayloadInput(format, InputForm.Raw), "abc"u8, 1));
    }

    private static string Read(PayloadInput input, ReadOnlySpan<byte> bytes, int chunk)
    {
        var all = new StringBuilder();
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(chunk, bytes.Length);
            bytes[..count].CopyTo(input.Room().Span);
            input.Add(count);
            bytes = bytes[count..];
            while (input.TryRead(out var message))
            {
                all.Append(Encoding.Latin1.GetString(message.Span)).Append('|');
            }
        }
        if (input.TryEnd(out var last))
        {
            all.Append(Encoding.Latin1.GetString(last.Span)).Append('|');
        }
        return all.ToString();
    }
}
