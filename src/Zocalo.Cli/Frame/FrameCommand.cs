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
        Argument<string?> file = FileArgument();
        var frame = new FrameOption("How to mark where a message ends.");
        var messages = new InputOption();
        Option<string?> output = OutputOption();
        var report = new ReportOptions("Say more on standard error.");

        var command = new Command("encode", AboutEncode) { file };
        frame.AddTo(command);
        messages.AddTo(command);
        command.Add(output);
        report.AddTo(command);
        command.SetAction((parsed, _) => Tool.GuardAsync(report.Events(parsed, Volume.Verbose, WhenFull.Wait), () =>
        {
            FrameFormat format = frame.ReadRequired(parsed);
            return Run(
                parsed.GetValue(file),
                parsed.GetValue(output),
                (from, to) => new FrameFile(format, from).Encode(messages.Read(parsed), to));
        }));
        return command;
    }

    private static Command Decode()
    {
        Argument<string?> file = FileArgument();
        var frame = new FrameOption("How the input marks where a message ends.");
        Option<PrintForm> print = PrintOption.Create(
            "Show each message as it is, as Python writes bytes, in hexadecimal, or safe: with control characters escaped. "
            + "[default: safe on a terminal, else text]");
        Option<string?> output = OutputOption();
        var report = new ReportOptions("Say more on standard error: each frame, where it begins, its bytes.");

        var command = new Command("decode", AboutDecode) { file };
        frame.AddTo(command);
        command.Add(print);
        command.Add(output);
        report.AddTo(command);
        command.SetAction((parsed, _) =>
        {
            Events events = report.Events(parsed, Volume.Verbose, WhenFull.Wait);
            return Tool.GuardAsync(events, () =>
            {
                FrameFormat format = frame.ReadRequired(parsed);
                string? into = parsed.GetValue(output);
                PrintForm form = PrintOption.Read(parsed, print, toTerminal: into is null && StandardStream.Output.IsTerminal);
                return Run(parsed.GetValue(file), into, (from, to) =>
                    new FrameFile(format, from).Decode(new FramePrinter(to, form), events.Frame));
            });
        });
        return command;
    }

    private static Task<int> Run(string? input, string? output, Action<ByteInput, ByteOutput> work)
    {
        if (input is not null && output is not null && Path.GetFullPath(input) == Path.GetFullPath(output))
        {
            throw new ToolException($"{output} is the input as well; give -o another name", ExitCode.Usage);
        }
        using ByteInput from = ByteInput.Open(input);
        using ByteOutput to = ByteOutput.Create(output);
        work(from, to);
        return Task.FromResult(ExitCode.Done);
    }

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
