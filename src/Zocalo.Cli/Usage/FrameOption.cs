using System.CommandLine;

namespace Zocalo.Cli;

/// <summary>The option <c>--frame</c>: how messages are marked.</summary>
internal sealed class FrameOption(string purpose)
{
    public const string Name = "--frame";

    private readonly Option<FrameFormat?> _frame = new(Name)
    {
        Description = $"{purpose} SPEC: {FrameSpec.Forms}; each but fixed takes ,max=SIZE, the longest message [default: max=1M].",
        HelpName = "SPEC",
        CustomParser = result =>
        {
            if (!FrameSpec.TryParse(result.Tokens[0].Value, out FrameFormat? format, out string error))
            {
                result.AddError($"{Name}: {error}");
            }
            return format;
        },
    };

    public void AddTo(Command command) => command.Add(_frame);

    /// <summary>Null when the option is not given: bytes without boundaries.</summary>
    public FrameFormat? Read(ParseResult parsed) => parsed.GetValue(_frame);

    /// <summary>Connections that can hold the longest frame.</summary>
    public static ConnectionOptions WithRoomFor(FrameFormat? format, ConnectionOptions options) =>
        format is null ? options : options.WithRoomFor(format);

    /// <exception cref="ToolException">The option is not given, and there is no work without it.</exception>
    public FrameFormat ReadRequired(ParseResult parsed) =>
        Read(parsed) ?? throw new ToolException(
            $"say how messages are marked: {Name} line, {Name} len:u32be; see 'zocalo frame --help'", ExitCode.Usage);
}
