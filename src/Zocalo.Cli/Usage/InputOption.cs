using System.CommandLine;

namespace Zocalo.Cli;

/// <summary>The option <c>--input</c>: how the messages to send are written.</summary>
internal sealed class InputOption
{
    public const string Name = "--input";

    private readonly Option<InputForm> _form = Choice.Of(
        Name,
        "How messages are written in the input: a line each, as it is, with the escapes of --send, or in hexadecimal; " +
        "or raw: all of it is one.",
        InputForm.Lines);

    public void AddTo(Command command) => command.Add(_form);

    public bool IsGiven(ParseResult parsed) => parsed.GetResult(_form) is { Implicit: false };

    public InputForm Read(ParseResult parsed) => parsed.GetValue(_form);
}
