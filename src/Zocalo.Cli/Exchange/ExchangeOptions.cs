using System.CommandLine;

namespace Zocalo.Cli;

/// <summary>What to do when there is nothing more to send.</summary>
internal enum EofRule
{
    /// <summary>Finish the sending direction (FIN), go on receiving until the peer finishes too.</summary>
    Half,

    /// <summary>Finish and stop: print nothing more.</summary>
    Close,

    /// <summary>Say nothing; finish when the peer does.</summary>
    Keep,
}

/// <summary>What the end of the peer's output means for ours, while there may be more to send.</summary>
internal enum PeerEof
{
    /// <summary>Nothing: what there is to send is sent, until it ends or a send fails.</summary>
    Continue,

    /// <summary>The end of ours: what has been read so far is sent, and that is all.</summary>
    Exit,
}

/// <summary>The options that <c>connect</c> and <c>listen</c> share: what to send, how to show what comes, how to end.</summary>
internal sealed class ExchangeOptions
{
    private const string Send = "--send";
    private const string SendHex = "--send-hex";
    private const string SendOnly = "--send-only";
    private const string RecvOnly = "--recv-only";
    private const string Print = "--print";

    private readonly Option<byte[]> _send = new(Send)
    {
        Description =
            "Send TEXT instead of standard input: UTF-8, with the escapes \\n \\r \\t \\0 \\xHH \\\\. With --frame it is one message.",
        HelpName = "TEXT",
        CustomParser = result =>
        {
            if (!Escapes.TryUnescape(result.Tokens[0].Value, out byte[] bytes, out string error))
            {
                result.AddError($"{Send}: {error}");
            }
            return bytes;
        },
    };

    private readonly Option<byte[]> _sendHex = new(SendHex)
    {
        Description = "The same with any bytes, written as two digits each: 0d0a, or '0d 0a'.",
        HelpName = "HEX",
        CustomParser = result =>
        {
            if (!HexBytes.TryParse(result.Tokens[0].Value, out byte[] bytes))
            {
                result.AddError($"{SendHex}: '{result.Tokens[0].Value}' is not hexadecimal; write two digits a byte, as in 0d0a");
            }
            return bytes;
        },
    };

    private readonly Option<PrintForm> _print = PrintOption.Create(
        "Show what arrives as it is, as Python writes bytes (a line for each chunk), as a hex dump, or safe: with control characters "
        + "escaped. With --frame each message is a line, with hex a line of digits. [default: safe on a terminal, else text]");

    private readonly FrameOption _frame = new(
        "Messages instead of bytes: a line of standard input each, and each one that comes is a line.");
    private readonly InputOption _input = new();

    private readonly Option<EofRule> _eof = Choice.Of(
        "--eof",
        "At the end of standard input: finish sending (FIN) and receive on; finish and stop, waiting at most 5 s for the peer; "
        + "or keep the sending direction open until the peer finishes.",
        EofRule.Half);

    private readonly Option<PeerEof> _peerEof = Choice.Of(
        "--peer-eof",
        "When the peer has finished (FIN): continue to send standard input, to its end or until a send fails; or exit, once what it gives "
        + "within half a second is sent. [default: exit on a terminal, else continue]",
        PeerEof.Continue);

    private readonly Option<bool> _sendOnly = SharedOptions.Flag(
        SendOnly, "Only send: what comes is thrown away, and the end of standard input is the end of all.");

    private readonly Option<bool> _recvOnly = SharedOptions.Flag(
        RecvOnly, "Only receive, until the peer finishes: standard input is not read, and the sending direction stays open.");

    public void AddTo(Command command)
    {
        command.Add(_send);
        _frame.AddTo(command);
        _input.AddTo(command);
        command.Add(_print);
        command.Add(_eof);
        command.Add(_peerEof);
        command.Add(_sendOnly);
        command.Add(_recvOnly);
        command.Add(_sendHex);
    }

    /// <summary>How to converse over a connection; for each one anew with <c>listen -k</c>.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="events">Where messages and ends are told.</param>
    /// <param name="engine">Who waits for the connections' sockets.</param>
    /// <param name="origin">Who opens them.</param>
    /// <param name="manyClients">Whether standard input and output are those of many connections.</param>
    /// <exception cref="ToolException">Standard input is wanted and cannot be read; or the options contradict each other.</exception>
    public Func<Connection, Exchange> Read(ParseResult parsed, Events events, Engine engine, Origin origin, bool manyClients)
    {
        CheckContradictions(parsed);
        FrameFormat? format = _frame.Read(parsed);
        Func<IByteSource> source = Source(parsed, format, manyClients, out PeerEof usual);
        bool sendOnly = parsed.GetValue(_sendOnly);
        EofRule usualEof = sendOnly ? EofRule.Close : parsed.GetValue(_recvOnly) ? EofRule.Keep : EofRule.Half;
        var rules = new EndRules(
            IsGiven(parsed, _eof) ? parsed.GetValue(_eof) : usualEof,
            IsGiven(parsed, _peerEof) ? parsed.GetValue(_peerEof) : usual,
            ClosesOutput: !manyClients);
        PrintForm form = PrintOption.Read(parsed, _print, StandardStream.Output.IsTerminal);
        return connection => new Exchange(
            WireOf(connection, format, form, new FrameReport(events, connection), sendOnly),
            source(),
            rules,
            events,
            engine,
            origin);
    }

    /// <summary>A person at a terminal is never cut: no limit on silence or on a peer that does not read.</summary>
    public ConnectionOptions PatientConnection(ParseResult parsed) =>
        FrameOption.WithRoomFor(_frame.Read(parsed), new ConnectionOptions { WriteStallTimeout = Timeout.InfiniteTimeSpan });

    // Bytes, with the offsets of a hex dump from the connection's beginning; or with --frame messages.
    private static Wire WireOf(Connection connection, FrameFormat? format, PrintForm form, FrameReport report, bool sendOnly) =>
        sendOnly ? new ByteWire(connection, null, format, report)
        : format is null ? new ByteWire(connection, new PayloadPrinter(StandardStream.Output, form), null, report)
        : new FrameWire(connection.AsFramed(format), new FramePrinter(ByteOutput.Standard, form), report);

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static ToolException Contradiction(string what, string cure) => new($"{what}; {cure}", ExitCode.Usage);

    private void CheckContradictions(ParseResult parsed)
    {
        string? text = IsGiven(parsed, _send) ? Send : IsGiven(parsed, _sendHex) ? SendHex : null;
        if (text == Send && IsGiven(parsed, _sendHex))
        {
            throw Contradiction($"{Send} and {SendHex} do not go together", "give one of them, with all that is to be sent");
        }
        if (_input.IsGiven(parsed) && _frame.Read(parsed) is null)
        {
            throw Contradiction(
                $"{InputOption.Name} says how messages are written, and without {FrameOption.Name} there are none",
                $"add {FrameOption.Name} len:u32be, or leave it out");
        }
        if (parsed.GetValue(_recvOnly))
        {
            string? other = parsed.GetValue(_sendOnly) ? SendOnly : text ?? (_input.IsGiven(parsed) ? InputOption.Name : null);
            if (other is not null)
            {
                throw Contradiction($"{RecvOnly} sends nothing, so {other} does not go with it", "leave one of them out");
            }
        }
        if (parsed.GetValue(_sendOnly) && IsGiven(parsed, _print))
        {
            throw Contradiction($"{SendOnly} shows nothing, so {Print} does not go with it", "leave one of them out");
        }
    }

    // For each connection: a text anew, a file from its beginning; of a pipe or terminal what there is when it is served.
    private Func<IByteSource> Source(ParseResult parsed, FrameFormat? format, bool manyClients, out PeerEof usual)
    {
        usual = PeerEof.Continue;
        if (parsed.GetValue(_recvOnly))
        {
            return () => new TextSource(null, RecvOnly);
        }
        Option<byte[]> given = IsGiven(parsed, _sendHex) ? _sendHex : _send;
        if (IsGiven(parsed, given))
        {
            byte[] text = parsed.GetRequiredValue(given);
            return () => new TextSource(text, given.Name);
        }
        IByteSource input = StandardInputSource.Open();
        if (manyClients && input.EndsByItself && StandardStream.Input.IsSeekable)
        {
            long start = StandardStream.Input.Position;
            return () => AsMessages(new FileSource(StandardStream.Input, start));
        }
        // What belongs to no client in particular is not kept for one that has finished.
        usual = manyClients || StandardStream.Input.IsTerminal ? PeerEof.Exit : PeerEof.Continue;
        input = AsMessages(input);
        if (!manyClients)
        {
            return () => input;
        }
        var shared = new SharedInput(input);
        return shared.Join;

        IByteSource AsMessages(IByteSource bytes) =>
            format is null ? bytes : new LineSource(bytes, new PayloadInput(format, _input.Read(parsed)));
    }
}
