using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Zocalo.Cli;

/// <summary>Ways to mark where a message ends, as people write them: <c>line</c>, <c>fixed:64</c>, <c>len:u16be,max=64K</c>.</summary>
internal static class FrameSpec
{
    /// <summary>All there are, for a help text or an error.</summary>
    public const string Forms =
        "line, line:strict, nul, fixed:N, delim:HEX, len:u32be (or u8; u16, u24, u32, u64 with be or le), varint, digits:5, netstring, " +
        "cobs, slip, close";

    private static readonly string[] Names = [
        "line", "nul", "fixed", "delim", "len", "varint", "digits", "netstring", "cobs", "slip", "close"];
    private static readonly string[] LengthFields = ["u8", "u16be", "u16le", "u24be", "u24le", "u32be", "u32le", "u64be", "u64le"];

    public static bool TryParse(string text, [NotNullWhen(true)] out FrameFormat? format, out string? error)
    {
        (format, error) = (null, null);
        try
        {
            format = Parse(text);
        }
        catch (FormatException wrong)
        {
            error = wrong.Message;
        }
        catch (ArgumentException refused)
        {
            // What the format itself finds wrong with its numbers.
            error = $"'{text}': {refused.WithoutParameter()}";
        }
        return format is not null;
    }

    private static FrameFormat Parse(string text)
    {
        var parts = text.Split(',');
        var words = parts[0].Split(':', 2);
        var (name, argument) = (words[0], words.Length > 1 ? words[1] : null);
        var max = ReadMax(parts.AsSpan(1), name);
        return name switch
        {
            "fixed" => Fixed(argument),
            "delim" => Delimited(argument, max),
            "len" => LengthPrefixed(argument ?? "u32be", max),
            "digits" => Digits(argument ?? "5", max),
            "line" when argument == "strict" => Frames.Lines(strict: true, max),
            _ when !Names.Contains(name) => throw Unknown(name),
            "line" when argument is not null =>
                throw new FormatException($"line: '{argument}' is not known; write line, or line:strict for CRLF only"),
            _ when argument is not null => throw new FormatException($"{name}: '{argument}' is too much; write {name}"),
            "line" => Frames.Lines(maxFrameLength: max),
            "nul" => Frames.Nul(max),
            "varint" => Frames.VarintPrefixed(max),
            "netstring" => Frames.Netstrings(max),
            "cobs" => Frames.Cobs(max),
            "slip" => Frames.Slip(max),
            _ => Frames.UntilClose(max),
        };
    }

    private static FrameFormat Fixed(string? argument) => TryReadSize(argument ?? "", out var length) && length > 0
        ? Frames.Fixed(length)
        : throw new FormatException(argument is null
            ? "'fixed' needs the length of every frame; write fixed:64"
            : $"fixed: '{argument}' is not a length in bytes from 1 to 1G; write fixed:64");

    private static FrameFormat Delimited(string? argument, int max)
    {
        if (argument is null)
        {
            throw new FormatException("'delim' needs the delimiter's bytes; write delim:0d0a");
        }
        if (!TypedBytes.TryParseHex(argument, out var delimiter))
        {
            throw new FormatException($"delim: '{argument}' is not hexadecimal; write two digits a byte, as in delim:0d0a");
        }
        return delimiter.Length is 0 or > 255
            ? throw new FormatException($"delim: {delimiter.Length} bytes; a delimiter has 1 to 255, as in delim:0d0a")
            : Frames.Delimited(delimiter, max);
    }

    private static FrameFormat LengthPrefixed(string field, int max)
    {
        if (!LengthFields.Contains(field))
        {
            throw new FormatException(LengthFields.Contains(field + "be")
                ? $"len: '{field}' does not say the order of its bytes; write len:{field}be (network order) or len:{field}le"
                : $"len: '{field}' is not a length{UsageError.DidYouMean(field, LengthFields)}; " +
                    $"there are {string.Join(", ", LengthFields)}");
        }
        var bits = int.Parse(field.Trim('u', 'b', 'l', 'e'), CultureInfo.InvariantCulture);
        return Frames.LengthPrefixed(
            bits / 8, field.EndsWith("le", StringComparison.Ordinal) ? ByteOrder.LittleEndian : ByteOrder.BigEndian, max);
    }

    private static FrameFormat Digits(string argument, int max) => argument is [>= '1' and <= '9']
        ? Frames.DigitsPrefixed(argument[0] - '0', max)
        : throw new FormatException($"digits: '{argument}' is not a number of digits from 1 to 9; write digits:5");

    private static FormatException Unknown(string name)
    {
        var hint = LengthFields.Contains(name) ? $", did you mean 'len:{name}'?" : UsageError.DidYouMean(name, Names);
        return new FormatException($"'{name}' is not a way to mark messages{hint}; there are {Forms}; each but fixed takes ,max=1M");
    }

    private static int ReadMax(ReadOnlySpan<string> options, string name)
    {
        if (options.IsEmpty)
        {
            return FrameFormat.DefaultMaxFrameLength;
        }
        var option = options[0];
        if (!option.StartsWith("max=", StringComparison.Ordinal))
        {
            throw new FormatException($"'{option}' is not known; after the comma there is max=SIZE, as in {name},max=64K");
        }
        if (options.Length > 1)
        {
            throw new FormatException($"'{options[1]}' is one option too many; there is max=SIZE, once");
        }
        if (name == "fixed")
        {
            throw new FormatException("a fixed frame has one length; leave max= out");
        }
        return TryReadSize(option["max=".Length..], out var max) && max > 0
            ? max
            : throw new FormatException($"'{option}' is not a size from 1 to 1G; write bytes, or K, M, G: max=64K");
    }

    // 65536, 64K, 1M, 1G: powers of 1024, as the limits of the library are.
    private static bool TryReadSize(string text, out int size)
    {
        var shift = text is [.., var last] ? char.ToUpperInvariant(last) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 } : 0;
        var digits = shift > 0 ? text[..^1] : text;
        var isSize = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count <= FrameFormat.GreatestMaxFrameLength >> shift;
        size = isSize ? (int)(count << shift) : 0;
        return isSize;
    }
}
