namespace Zocalo.Cli;

/// <summary>Begins conversations, of one connection or of many, which then share standard input and output.</summary>
/// <param name="arguments">How to converse.</param>
/// <param name="events">Where messages and ends are reported.</param>
/// <param name="engine">Who waits for the connections' sockets.</param>
/// <param name="origin">Who opens them.</param>
/// <param name="manyClients">Whether standard input and output are those of many connections.</param>
/// <exception cref="ToolException">Standard input is wanted and cannot be read.</exception>
internal sealed class Exchanges(ExchangeArguments arguments, Events events, Engine engine, Origin origin, bool manyClients)
{
    private readonly (Func<IByteSource> New, PeerEof PeerEof) _source = SourceOf(arguments, manyClients);

    public Exchange Begin(Connection connection)
    {
        var rules = new EndRules(arguments.Eof, arguments.PeerEof ?? _source.PeerEof, ClosesOutput: !manyClients);
        return new(WireOf(connection), _source.New(), rules, events, engine, origin);
    }

    // Bytes, with the offsets of a hex dump from the connection's beginning; or with --frame messages.
    private Wire WireOf(Connection connection)
    {
        var report = new FrameReport(events, connection);
        return arguments switch
        {
            { SendOnly: true, Format: var format } => new ByteWire(connection, null, format, report),
            { Format: { } format } =>
                new FrameWire(connection.AsFramed(format), new FramePrinter(ByteOutput.Standard, arguments.Print), report),
            _ => new ByteWire(connection, new PayloadPrinter(StandardStream.Output, arguments.Print), null, report),
        };
    }

    // For each connection: a text anew, a file from its beginning; of a pipe or terminal what there is when it is served. And what the
    // peer's end then means, unless the command line says so.
    private static (Func<IByteSource> New, PeerEof PeerEof) SourceOf(ExchangeArguments arguments, bool manyClients)
    {
        if (arguments.ReceiveOnly || arguments.Text is not null)
        {
            return (() => new TextSource(arguments.Text, arguments.TextOption), PeerEof.Continue);
        }
        IByteSource input = StandardInputSource.Open();
        if (manyClients && input.EndsByItself && StandardStream.Input.IsSeekable)
        {
            var start = StandardStream.Input.Position;
            return (() => AsMessages(new FileSource(StandardStream.Input, start)), PeerEof.Continue);
        }
        input = AsMessages(input);
        // What belongs to no client in particular is not kept for one that has finished.
        return manyClients ? (new SharedInput(input).Join, PeerEof.Exit)
            : (() => input, StandardStream.Input.IsTerminal ? PeerEof.Exit : PeerEof.Continue);

        IByteSource AsMessages(IByteSource bytes) =>
            arguments.Format is { } format ? new LineSource(bytes, new PayloadInput(format, arguments.Input)) : bytes;
    }
}
