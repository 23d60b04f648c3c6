using System.CommandLine;

namespace Zocalo.Cli;

/// <summary>The options that <c>connect</c> and <c>listen</c> share: what to send, how to show what comes, how to end.</summary>
internal sealed class ExchangeOptions
{
    private readonly Option<byte[]> _send = new("--send")
    {
        Description = "Send TEXT instead of standard input: UTF-8, with the escapes \\n \\r \\t \\0 \\xHH \\\\. With --frame it is one message.",
        HelpName = "TEXT",
        CustomParser = result =>
        {
            if (!Escapes.TryUnescape(result.Tokens[0].Value, out byte[] bytes, out string error))
            {
                result.AddError($"--send: {error}");
            }

            return bytes;
        },
    };

    private readonly Option<PrintForm> _print = Choice.Of(
        "--print",
        "Show what arrives as it is, as Python writes bytes (a line for each chunk), or as a hex dump. With --frame each message is a line, with hex a line of digits.",
        PrintForm.Text);

    private readonly FrameOption _frame = new("Messages instead of bytes: a line of standard input each, and each one that comes is a line.");
    private readonly InputOption _input = new();

    private readonly Option<EofRule> _eof = Choice.Of(
        "--eof",
        "At the end of standard input: finish sending (FIN) and receive on; finish and stop, waiting at most 5 s for the peer; "
        + "or keep the sending direction open until the peer finishes.",
        EofRule.Half);

    public void AddTo(Command command)
    {
        command.Add(_send);
        _frame.AddTo(command);
        _input.AddTo(command);
        command.Add(_print);
        command.Add(_eof);
    }

    public EofRule Eof(ParseResult parsed) => parsed.GetValue(_eof);

    /// <summary>What one connection carries, and how that is shown: bytes, with the offsets of a hex dump from its beginning; or with <c>--frame</c> messages.</summary>
    public IWire Wire(ParseResult parsed, Connection connection, IEvents events) => _frame.Read(parsed) is { } format
        ? new FrameWire(
            connection.AsFramed(format),
            new FramePrinter(ByteOutput.Standard, parsed.GetValue(_print)),
            new FrameReport(events, connection, TimeProvider.System))
        : new ByteWire(connection, new PayloadPrinter(StandardStream.Output, parsed.GetValue(_print)));

    /// <summary>
    /// Where the bytes to send come from, for each connection: the text of <c>--send</c> anew, or what standard input has not
    /// given to an earlier one.
    /// </summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="awaitPipe">Whether a pipe is read to its end though the peer has finished.</param>
    /// <exception cref="ToolException">Standard input is wanted and cannot be read; or the options contradict each other.</exception>
    public Func<IByteSource> Source(ParseResult parsed, bool awaitPipe)
    {
        FrameFormat? format = _frame.Read(parsed);
        if (_input.IsGiven(parsed) && format is null)
        {
            throw new ToolException($"{InputOption.Name} says how messages are written, and without {FrameOption.Name} there are none; add {FrameOption.Name} len:u32be, or leave it out", ExitCode.Usage);
        }

        if (parsed.GetResult(_send) is not null)
        {
            byte[] text = parsed.GetRequiredValue(_send);
            return () => new TextSource(text);
        }

        IByteSource input = StandardInputSource.Open(awaitPipe);
        if (format is not null)
        {
            input = new LineSource(input, new PayloadInput(format, _input.Read(parsed)));
        }

        return () => input;
    }

    /// <summary>A person at a terminal is never cut: no limit on silence or on a peer that does not read.</summary>
    public ConnectionOptions PatientConnection(ParseResult parsed) =>
        FrameOption.WithRoomFor(_frame.Read(parsed), new ConnectionOptions { WriteStallTimeout = Timeout.InfiniteTimeSpan });
}
