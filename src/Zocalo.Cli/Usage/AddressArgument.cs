using System.CommandLine;

namespace Zocalo.Cli;

/// <summary>Where to connect or listen: one word in any form of <see cref="Address"/>, or <c>host port</c> as netcat takes them.</summary>
internal sealed class AddressArgument
{
    private readonly Argument<string[]> _words;
    private readonly string? _default;

    public AddressArgument(string description, string? defaultAddress = null)
    {
        _default = defaultAddress;
        _words = new Argument<string[]>("ADDRESS")
        {
            Description = description,
            Arity = new ArgumentArity(defaultAddress is null ? 1 : 0, 2),
            HelpName = "ADDRESS",
        };
    }

    public void AddTo(Command command) => command.Add(_words);

    /// <summary>The address that was given, or the default.</summary>
    /// <exception cref="AddressException">The address cannot be understood; the message names the part.</exception>
    public Address Read(ParseResult parsed) => Address.Parse(Join(parsed.GetValue(_words) ?? []) ?? _default!);

    internal static string? Join(string[] words) => words switch
    {
        [] => null,
        [var address] => address,

        // An IPv6 address has colons of its own, so that the port needs the brackets.
        [var host, var port] when host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[') => $"[{host}]:{port}",
        [var host, var port, ..] => $"{host}:{port}",
    };
}
