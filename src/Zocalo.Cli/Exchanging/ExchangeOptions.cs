using System.CommandLine;

namespace Zocalo.Cli;

/// <summary>The options that <c>connect</c> and <c>listen</c> share: what to send, how to show what comes, how to end.</summary>
internal sealed class ExchangeOptions
{
    private readonly Option<byte[]> _send = new("--send")
    {
        Description = "Send TEXT instead of standard input: UTF-8, with the escapes \\n \\r \\t \\0 \\xHH \\\\.",
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
        "--print", "Show what arrives as it is, as Python writes bytes (a line for each chunk), or as a hex dump.", PrintForm.Text);

    private readonly Option<EofRule> _eof = Choice.Of(
        "--eof",
        "At the end of standard input: finish sending (FIN) and receive on; finish and stop, waiting at most 5 s for the peer; "
        + "or keep the sending direction open until the peer finishes.",
        EofRule.Half);

    public void AddTo(Command command)
    {
        command.Add(_send);
        command.Add(_print);
        command.Add(_eof);
    }

    public EofRule Eof(ParseResult parsed) => parsed.GetValue(_eof);

    /// <summary>A printer for one connection: the offsets of a hex dump are those of its bytes.</summary>
    public PayloadPrinter Printer(ParseResult parsed) => new(StandardStream.Output, parsed.GetValue(_print));

    /// <summary>
    /// Where the bytes to send come from, for each connection: the text of <c>--send</c> anew, or what standard input has not
    /// given to an earlier one.
    /// </summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="awaitPipe">Whether a pipe is read to its end though the peer has finished.</param>
    /// <exception cref="ToolException">Standard input is wanted and cannot be read.</exception>
    public Func<IByteSource> Source(ParseResult parsed, bool awaitPipe)
    {
        if (parsed.GetResult(_send) is not null)
        {
            byte[] text = parsed.GetRequiredValue(_send);
            return () => new TextSource(text);
        }

        IByteSource input = StandardInputSource.Open(awaitPipe);
        return () => input;
    }

    /// <summary>A person at a terminal is never cut: no limit on silence or on a peer that does not read.</summary>
    public static ConnectionOptions PatientConnection { get; } = new() { WriteStallTimeout = Timeout.InfiniteTimeSpan };
}
