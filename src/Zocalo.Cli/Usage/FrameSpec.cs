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

    public static bool TryParse(string text, [NotNullWhen(true)] out FrameFormat? format, out string error)
    {
        format = null;
        string[] parts = text.Split(',');
        string[] words = parts[0].Split(':', 2);
        (string name, string? argument) = (words[0], words.Length > 1 ? words[1] : null);
        if (!TryReadMax(parts.AsSpan(1), name, out int max, out error))
        {
            return false;
        }
        try
        {
            format = name switch
            {
                "fixed" => Fixed(argument, ref error),
                "delim" => Delimited(argument, max, ref error),
                "len" => LengthPrefixed(argument ?? "u32be", max, ref error),
                "digits" => Digits(argument ?? "5", max, ref error),
                "line" when argument == "strict" => Frames.Lines(strict: true, max),
                _ when !Names.Contains(name) => Unknown(name, ref error),
                _ when argument is not null => TooMuch(name, argument, ref error),
                "line" => Frames.Lines(maxFrameLength: max),
                "nul" => Frames.Nul(max),
                "varint" => Frames.VarintPrefixed(max),
                "netstring" => Frames.Netstrings(max),
                "cobs" => Frames.Cobs(max),
                "slip" => Frames.Slip(max),
                _ => Frames.UntilClose(max),
            };
        }
        catch (ArgumentException refused)
        {
            // What the format itself finds wrong with its numbers.
            error = $"'{text}': {refused.WithoutParameter()}";
        }
        return format is not null;
    }

    private static FrameFormat? Fixed(string? argument, ref string error)
    {
        if (TryReadSize(argument ?? "", out int length) && length > 0)
        {
            return Frames.Fixed(length);
        }
        error = argument is null
            ? "'fixed' needs the length of every frame; write fixed:64"
            : $"fixed: '{argument}' is not a length in bytes from 1 to 1G; write fixed:64";
        return null;
    }

    private static FrameFormat? Delimited(string? argument, int max, ref string error)
    {
        if (argument is null)
        {
            error = "'delim' needs the delimiter's bytes; write delim:0d0a";
        }
        else if (!HexBytes.TryParse(argument, out byte[] delimiter))
        {
            error = $"delim: '{argument}' is not hexadecimal; write two digits a byte, as in delim:0d0a";
        }
        else if (delimiter.Length is 0 or > 255)
        {
            error = $"delim: {delimiter.Length} bytes; a delimiter has 1 to 255, as in delim:0d0a";
        }
        else
        {
            return Frames.Delimited(delimiter, max);
        }
        return null;
    }

    private static FrameFormat? LengthPrefixed(string field, int max, ref string error)
    {
        if (!LengthFields.Contains(field))
        {
            error = LengthFields.Contains(field + "be")
                ? $"len: '{field}' does not say the order of its bytes; write len:{field}be (network order) or len:{field}le"
                : $"len: '{field}' is not a length{UsageError.DidYouMean(field, LengthFields)}; " +
                    $"there are {string.Join(", ", LengthFields)}";
            return null;
        }
        int bits = int.Parse(field.Trim('u', 'b', 'l', 'e'), CultureInfo.InvariantCulture);
        return Frames.LengthPrefixed(
            bits / 8, field.EndsWith("le", StringComparison.Ordinal) ? ByteOrder.LittleEndian : ByteOrder.BigEndian, max);
    }

    private static FrameFormat? Digits(string argument, int max, ref string error)
    {
        if (argument is [>= '1' and <= '9'])
        {
            return Frames.DigitsPrefixed(argument[0] - '0', max);
        }
        error = $"digits: '{argument}' is not a number of digits from 1 to 9; write digits:5";
        return null;
    }

    private static FrameFormat? Unknown(string name, ref string error)
    {
        string hint = LengthFields.Contains(name) ? $", did you mean 'len:{name}'?" : UsageError.DidYouMean(name, Names);
        error = $"'{name}' is not a way to mark messages{hint}; there are {Forms}; each but fixed takes ,max=1M";
        return null;
    }

    private static FrameFormat? TooMuch(string name, string argument, ref string error)
    {
        error = name == "line"
            ? $"line: '{argument}' is not known; write line, or line:strict for CRLF only"
            : $"{name}: '{argument}' is too much; write {name}";
        return null;
    }

    private static bool TryReadMax(ReadOnlySpan<string> options, string name, out int max, out string error)
    {
        max = FrameFormat.DefaultMaxFrameLength;
        error = "";
        if (options is [var first, ..] && !first.StartsWith("max=", StringComparison.Ordinal))
        {
            error = $"'{first}' is not known; after the comma there is max=SIZE, as in {name},max=64K";
        }
        else if (options.Length > 1)
        {
            error = $"'{options[1]}' is one option too many; there is max=SIZE, once";
        }
        else if (options is [_] && name == "fixed")
        {
            error = "a fixed frame has one length; leave max= out";
        }
        else if (options is [var limit] && (!TryReadSize(limit["max=".Length..], out max) || max == 0))
        {
            error = $"'{limit}' is not a size from 1 to 1G; write bytes, or K, M, G: max=64K";
        }
        return error.Length == 0;
    }

    // 65536, 64K, 1M, 1G: powers of 1024, as the limits of the library are.
    private static bool TryReadSize(string text, out int size)
    {
        int shift = text is [.., var last] ? char.ToUpperInvariant(last) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 } : 0;
        string digits = shift > 0 ? text[..^1] : text;
        bool read = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            && count <= FrameFormat.GreatestMaxFrameLength >> shift;
        size = read ? (int)(count << shift) : 0;
        return read;
    }
}
