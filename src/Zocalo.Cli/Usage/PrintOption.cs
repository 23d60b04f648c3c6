using System.CommandLine;

namespace Zocalo.Cli;

/// <summary>The option <c>--print</c>: how to show what was received.</summary>
internal static class PrintOption
{
    public static Option<PrintForm> Create(string description) => Choice.Of("--print", description, PrintForm.Text);

    /// <summary>The form that was asked for; else the bytes themselves, or what cannot harm a terminal.</summary>
    public static PrintForm Read(ParseResult parsed, Option<PrintForm> print, bool toTerminal) =>
        toTerminal && parsed.GetResult(print) is not { Implicit: false } ? PrintForm.Safe : parsed.GetValue(print);
}
