using System.CommandLine;

namespace Zocalo.Cli;

/// <summary><c>--per-address</c>, <c>--allow</c> and <c>--deny</c>: who may connect.</summary>
internal sealed class AdmissionOption
{
    private readonly Option<int> _perAddress = Options.Count(
        "--per-address",
        "How many connections one address may have at once (IPv6: one /64); more are reset. Many people may share one. [default: no limit]",
        0);

    private readonly Option<string[]> _allow = Networks(
        "--allow", "A network that may connect, such as 192.0.2.0/24 or ::1; with one or more, nobody else may.");

    private readonly Option<string[]> _deny = Networks("--deny", "A network that may not connect, also when --allow has it.");

    public void AddTo(Command command) => command.AddAll(_perAddress, _allow, _deny);

    public AdmissionOptions Read(ParseResult parsed) => new()
    {
        PerAddress = parsed.GetValue(_perAddress),
        Allow = parsed.GetValue(_allow) ?? [],
        Deny = parsed.GetValue(_deny) ?? [],
    };

    private static Option<string[]> Networks(string name, string description) => Options.Many(name, "CIDR", description, static text =>
    {
        try
        {
            _ = new AdmissionOptions { Allow = [text] };
            return null;
        }
        catch (FormatException malformed)
        {
            return malformed.Message.TrimEnd('.');
        }
    });
}
