using System.CommandLine;
using System.Net;

namespace Zocalo.Cli;

/// <summary>Where to connect or listen: one word in any form of <see cref="Address"/>, or <c>host port</c> as netcat takes them.</summary>
internal sealed class AddressArgument(string description, string? defaultAddress = null)
{
    private readonly Argument<string[]> _words = new("ADDRESS")
    {
        Description = description,
        Arity = new ArgumentArity(defaultAddress is null ? 1 : 0, 2),
        HelpName = "ADDRESS",
    };

    public void AddTo(Command command) => command.Add(_words);

    /// <summary>The address that was given, or the default.</summary>
    /// <exception cref="AddressException">The address cannot be understood; the message names the part.</exception>
    /// <exception cref="ToolException">It is more than an address, or a port alone.</exception>
    public Address Read(ParseResult parsed)
    {
        var words = parsed.GetValue(_words) ?? [];
        return ProblemWith(words) is { } problem
            ? throw new ToolException(problem, ExitCode.Usage)
            : Address.Parse(Join(words) ?? defaultAddress!);
    }

    /// <summary>What is wrong with words that are parts of an address each: one too many, or one that is missing.</summary>
    internal static string? ProblemWith(string[] words) => words switch
    {
        [var port] when port.Length > 0 && port.All(char.IsAsciiDigit) =>
            $"'{port}' is a port without a host; write ':{port}' (this machine only)",
        [var all, var extra] when IsWhole(all) =>
            $"'{all}' is a whole address, and '{extra}' is one word too many; leave it out, or write host and port: 127.0.0.1 5346",
        _ => null,
    };

    // With a scheme, or with a port: not the host of two words.
    private static bool IsWhole(string word)
    {
        var host = word.TrimStart('[').Split(']')[0].Split('%')[0];
        return word.StartsWith("unix:", StringComparison.Ordinal)
            || word.Contains("://", StringComparison.Ordinal)
            || (word.Contains(':', StringComparison.Ordinal)
                && (word.Contains("]:", StringComparison.Ordinal) || !IPAddress.TryParse(host, out _)));
    }

    internal static string? Join(string[] words) => words switch
    {
        [] => null,
        [var address] => address,

        // An IPv6 address has colons of its own, so that the port needs the brackets.
        [var host, var port] when host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[') => $"[{host}]:{port}",
        [var host, var port, ..] => $"{host}:{port}",
    };
}
