namespace Zocalo.Cli;

/// <summary>Begins conversations, of one connection or of many, which then share standard input and output.</summary>
internal sealed class Exchanges
{
    private readonly ExchangeArguments _arguments;
    private readonly Events _events;
    private readonly Engine _engine;
    private readonly Origin _origin;
    private readonly EndRules _rules;
    private readonly Func<IByteSource> _newSource;

    /// <param name="arguments">How to converse.</param>
    /// <param name="events">Where messages and ends are told.</param>
    /// <param name="engine">Who waits for the connections' sockets.</param>
    /// <param name="origin">Who opens them.</param>
    /// <param name="manyClients">Whether standard input and output are those of many connections.</param>
    /// <exception cref="ToolException">Standard input is wanted and cannot be read.</exception>
    public Exchanges(ExchangeArguments arguments, Events events, Engine engine, Origin origin, bool manyClients)
    {
        (_arguments, _events, _engine, _origin) = (arguments, events, engine, origin);
        _newSource = Source(manyClients, out var usual);
        _rules = new EndRules(arguments.Eof, arguments.PeerEof ?? usual, ClosesOutput: !manyClients);
    }

    public Exchange Begin(Connection connection) =>
        new(WireOf(connection), _newSource(), _rules, _events, _engine, _origin);

    // Bytes, with the offsets of a hex dump from the connection's beginning; or with --frame messages.
    private Wire WireOf(Connection connection)
    {
        var report = new FrameReport(_events, connection);
        return _arguments switch
        {
            { SendOnly: true, Format: var format } => new ByteWire(connection, null, format, report),
            { Format: { } format } =>
                new FrameWire(connection.AsFramed(format), new FramePrinter(ByteOutput.Standard, _arguments.Print), report),
            _ => new ByteWire(connection, new PayloadPrinter(StandardStream.Output, _arguments.Print), null, report),
        };
    }

    // For each connection: a text anew, a file from its beginning; of a pipe or terminal what there is when it is served.
    private Func<IByteSource> Source(bool manyClients, out PeerEof usual)
    {
        usual = PeerEof.Continue;
        if (_arguments.ReceiveOnly || _arguments.Text is not null)
        {
            return () => new TextSource(_arguments.Text, _arguments.TextOption);
        }
        IByteSource input = StandardInputSource.Open();
        if (manyClients && input.EndsByItself && StandardStream.Input.IsSeekable)
        {
            var start = StandardStream.Input.Position;
            return () => AsMessages(new FileSource(StandardStream.Input, start));
        }
        // What belongs to no client in particular is not kept for one that has finished.
        usual = manyClients || StandardStream.Input.IsTerminal ? PeerEof.Exit : PeerEof.Continue;
        input = AsMessages(input);
        return manyClients ? new SharedInput(input).Join : () => input;

        IByteSource AsMessages(IByteSource bytes) =>
            _arguments.Format is { } format ? new LineSource(bytes, new PayloadInput(format, _arguments.Input)) : bytes;
    }
}
