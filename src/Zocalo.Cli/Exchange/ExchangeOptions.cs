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

/// <summary>What the command line of <c>connect</c> or <c>listen</c> says about the conversation.</summary>
/// <param name="Format">Null: bytes are exchanged, not messages.</param>
/// <param name="Input">How the messages to send are written.</param>
/// <param name="Text">What is sent instead of standard input; null: standard input.</param>
/// <param name="TextOption">The option that gave it.</param>
/// <param name="Print">How to show what comes.</param>
/// <param name="Eof">When there is nothing more to send.</param>
/// <param name="PeerEof">When the peer has finished; null: it depends on what standard input is.</param>
/// <param name="SendOnly">What comes is thrown away.</param>
/// <param name="ReceiveOnly">Nothing is sent.</param>
internal sealed record ExchangeArguments(
    FrameFormat? Format,
    InputForm Input,
    byte[]? Text,
    string TextOption,
    PrintForm Print,
    EofRule Eof,
    PeerEof? PeerEof,
    bool SendOnly,
    bool ReceiveOnly)
{
    /// <summary>A person at a terminal is never cut: no limit on silence or on a peer that does not read.</summary>
    public ConnectionOptions PatientConnection() =>
        Options.WithRoomFor(new ConnectionOptions { WriteStallTimeout = Timeout.InfiniteTimeSpan }, Format);
}

/// <summary>The options that <c>connect</c> and <c>listen</c> share: what to send, how to show what comes, how to end.</summary>
internal sealed class ExchangeOptions
{
    private const string SendName = "--send";
    private const string SendHexName = "--send-hex";
    private const string SendOnlyName = "--send-only";
    private const string ReceiveOnlyName = "--recv-only";

    private readonly Option<byte[]> _send = Options.Of<byte[]>(
        SendName,
        "TEXT",
        "Send TEXT instead of standard input: UTF-8, with the escapes \\n \\r \\t \\0 \\xHH \\\\. With --frame it is one message.",
        TypedBytes.TryUnescape);

    private readonly Option<byte[]> _sendHex = Options.Of<byte[]>(
        SendHexName,
        "HEX",
        "The same with any bytes, written as two digits each: 0d0a, or '0d 0a'.",
        (text, out bytes, out error) =>
        {
            error = $"'{text}' is not hexadecimal; write two digits a byte, as in 0d0a";
            return TypedBytes.TryParseHex(text, out bytes);
        });

    private readonly Option<FrameFormat?> _frame = Options.Frame(
        "Messages instead of bytes: a line of standard input each, and each one that comes is a line.");

    private readonly Option<InputForm> _input = Options.Input();

    private readonly Option<PrintForm> _print = Options.Print(
        "Show what arrives as it is, as Python writes bytes (a line for each chunk), as a hex dump, or safe: with control characters "
        + "escaped. With --frame each message is a line, with hex a line of digits. [default: safe on a terminal, else text]");

    private readonly Option<EofRule> _eof = Options.Choice(
        "--eof",
        "At the end of standard input: finish sending (FIN) and receive on; finish and stop, waiting at most 5 s for the peer; "
        + "or keep the sending direction open until the peer finishes.",
        EofRule.Half);

    private readonly Option<PeerEof> _peerEof = Options.Choice(
        "--peer-eof",
        "When the peer has finished (FIN): continue to send standard input, to its end or until a send fails; or exit, once what it gives "
        + "within half a second is sent. [default: exit on a terminal, else continue]",
        PeerEof.Continue);

    private readonly Option<bool> _sendOnly = Options.Flag(
        SendOnlyName, "Only send: what comes is thrown away, and the end of standard input is the end of all.");

    private readonly Option<bool> _receiveOnly = Options.Flag(
        ReceiveOnlyName, "Only receive, until the peer finishes: standard input is not read, and the sending direction stays open.");

    public void AddTo(Command command) =>
        command.AddAll(_send, _frame, _input, _print, _eof, _peerEof, _sendOnly, _receiveOnly, _sendHex);

    /// <exception cref="ToolException">The options contradict each other.</exception>
    public ExchangeArguments Read(ParseResult parsed)
    {
        CheckContradictions(parsed);
        var text = parsed.IsGiven(_sendHex) ? _sendHex : _send;
        var sendOnly = parsed.GetValue(_sendOnly);
        var receiveOnly = parsed.GetValue(_receiveOnly);
        return new ExchangeArguments(
            parsed.GetValue(_frame),
            parsed.GetValue(_input),
            parsed.IsGiven(text) ? parsed.GetRequiredValue(text) : null,
            text.Name,
            parsed.GetPrintForm(_print, StandardStream.Output.IsTerminal),
            parsed.IsGiven(_eof) ? parsed.GetValue(_eof) : sendOnly ? EofRule.Close : receiveOnly ? EofRule.Keep : EofRule.Half,
            parsed.IsGiven(_peerEof) ? parsed.GetValue(_peerEof) : null,
            sendOnly,
            receiveOnly);
    }

    private void CheckContradictions(ParseResult parsed)
    {
        var text = parsed.IsGiven(_send) ? SendName : parsed.IsGiven(_sendHex) ? SendHexName : null;
        if (text == SendName && parsed.IsGiven(_sendHex))
        {
            throw Contradiction($"{SendName} and {SendHexName} do not go together", "give one of them, with all that is to be sent");
        }
        if (parsed.IsGiven(_input) && !parsed.IsGiven(_frame))
        {
            throw Contradiction(
                $"{Options.InputName} says how messages are written, and without {Options.FrameName} there are none",
                $"add {Options.FrameName} len:u32be, or leave it out");
        }
        var sending = parsed.GetValue(_sendOnly) ? SendOnlyName : text ?? (parsed.IsGiven(_input) ? Options.InputName : null);
        if (parsed.GetValue(_receiveOnly) && sending is not null)
        {
            throw Contradiction($"{ReceiveOnlyName} sends nothing, so {sending} does not go with it", "leave one of them out");
        }
        if (parsed.GetValue(_sendOnly) && parsed.IsGiven(_print))
        {
            throw Contradiction($"{SendOnlyName} shows nothing, so {Options.PrintName} does not go with it", "leave one of them out");
        }
    }

    private static ToolException Contradiction(string what, string cure) => new($"{what}; {cure}", ExitCode.Usage);
}
