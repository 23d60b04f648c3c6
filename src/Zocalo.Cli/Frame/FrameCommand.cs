using System.CommandLine;

namespace Zocalo.Cli;

/// <summary><c>zocalo frame</c>: messages to frames and back, without a network.</summary>
internal static class FrameCommand
{
    private const string About = """
        Frame: put messages into frames, or take them out, in files and pipes.

        What --frame takes, here and with echo, connect and listen:

        line           ends with LF or CRLF, written as LF (line:strict: CRLF, and nothing else)
        nul            ends with a zero byte
        fixed:N        N bytes each
        delim:HEX      ends with these bytes, such as delim:0d0a
        len:FIELD      its length first: u8, u16be, u16le, u24be, u24le, u32be, u32le, u64be, u64le; len is len:u32be
        varint         its length first, as in Protocol Buffers (LEB128)
        digits:N       its length first, in N ASCII digits: 00005hello is digits:5
        netstring      5:hello,
        cobs, slip     for serial lines
        close          all of it is one message

        A message has at most 1 MiB; max=SIZE sets another limit, in bytes, K, M or G: len:u32be,max=16M.

        zocalo frame encode --frame digits:5 < lines > frames
        zocalo frame decode --frame len:u32be -v capture.bin
        """;

    private const string AboutEncode = """
        Encode: each line of the input becomes a frame.

        A message that the format cannot carry (too long, the wrong length for fixed, the delimiter inside) ends
        the work with its line's number and exit code 2; nothing of it is written, all before it is.

        zocalo frame encode --frame len:u32be < lines > frames
        zocalo frame encode --frame slip --input hex < dump | zocalo connect :7000
        """;

    private const string AboutDecode = """
        Decode: each frame of the input becomes a line.

        Input that is corrupt or ends inside a frame ends the work with exit code 2 and a line that says where; the
        frames before that are shown. A message that contains newlines is several lines of text; repr and hex keep
        it on one. With -v a line on standard error for each frame: its number, where it begins, its bytes.

        Events of --json: frame (number, bytes, offset; with -v), error (message, exitCode).

        zocalo frame decode --frame len:u32be -v capture.bin
        zocalo connect :7000 < q | zocalo frame decode --frame len:u32be --print hex
        """;

    public static Command Create() => new("frame", About) { Encode(), Decode() };

    private static Command Encode()
    {
        var file = FileArgument();
        var frame = Options.Frame("How to mark where a message ends.");
        var input = Options.Input();
        var output = OutputOption();
        var report = new ReportOptions("Say more on standard error.");

        var command = new Command("encode", AboutEncode) { file, frame, input, output };
        report.AddTo(command);
        command.Does(parsed => report.Events(parsed, Volume.Verbose, WhenFull.Wait), (parsed, _) =>
        {
            var arguments = new FrameArguments(FormatOf(parsed, frame), parsed.GetValue(file), parsed.GetValue(output))
            {
                Input = parsed.GetValue(input),
            };
            return Run(arguments, (from, to) => new FrameFile(arguments.Format, from).Encode(arguments.Input, to));
        });
        return command;
    }

    private static Command Decode()
    {
        var file = FileArgument();
        var frame = Options.Frame("How the input marks where a message ends.");
        var print = Options.Print(
            "Show each message as it is, as Python writes bytes, in hexadecimal, or safe: with control characters escaped. "
            + "[default: safe on a terminal, else text]");
        var output = OutputOption();
        var report = new ReportOptions("Say more on standard error: each frame, where it begins, its bytes.");

        var command = new Command("decode", AboutDecode) { file, frame, print, output };
        report.AddTo(command);
        command.Does(parsed => report.Events(parsed, Volume.Verbose, WhenFull.Wait), (parsed, events) =>
        {
            var into = parsed.GetValue(output);
            var arguments = new FrameArguments(FormatOf(parsed, frame), parsed.GetValue(file), into)
            {
                Print = parsed.GetPrintForm(print, toTerminal: into is null && StandardStream.Output.IsTerminal),
            };
            return Run(arguments, (from, to) =>
                new FrameFile(arguments.Format, from).Decode(new FramePrinter(to, arguments.Print), events.Frame));
        });
        return command;
    }

    private static Task<int> Run(FrameArguments arguments, Action<ByteInput, ByteOutput> work)
    {
        if (arguments is { From: { } input, To: { } output } && Path.GetFullPath(input) == Path.GetFullPath(output))
        {
            throw new ToolException($"{output} is the input as well; give -o another name", ExitCode.Usage);
        }
        using var from = ByteInput.Open(arguments.From);
        using var to = ByteOutput.Create(arguments.To);
        work(from, to);
        return Task.FromResult(ExitCode.Done);
    }

    private static FrameFormat FormatOf(ParseResult parsed, Option<FrameFormat?> frame) =>
        parsed.GetValue(frame) ?? throw new ToolException(
            $"say how messages are marked: {Options.FrameName} line, {Options.FrameName} len:u32be; see 'zocalo frame --help'",
            ExitCode.Usage);

    private static Argument<string?> FileArgument() => new("FILE")
    {
        Description = "What to read. [default: standard input]",
        Arity = ArgumentArity.ZeroOrOne,
        HelpName = "FILE",
    };

    private static Option<string?> OutputOption() => new("-o", "--output")
    {
        Description = "Write to FILE instead of standard output.",
        HelpName = "FILE",
    };
}

/// <summary>What the command line of <c>zocalo frame encode</c> or <c>decode</c> says.</summary>
/// <param name="Format">How messages are marked.</param>
/// <param name="From">The file to read; null: standard input.</param>
/// <param name="To">The file to write; null: standard output.</param>
internal sealed record FrameArguments(FrameFormat Format, string? From, string? To)
{
    /// <summary>Of what is encoded: how messages are written.</summary>
    public InputForm Input { get; init; }

    /// <summary>Of what is decoded: how to show it.</summary>
    public PrintForm Print { get; init; }
}
