using System.Net;
using System.Net.Sockets;

namespace Zocalo.Addresses;

/// <summary>The shape of a host: a name, an IPv4 or IPv6 address, or <c>*</c>. Only the resolver knows whether a name exists.</summary>
internal static class HostSyntax
{
    private const int LongestName = 253; // RFC 1035, as text and without the final dot
    private const string Forbidden = " /\\@?#%*[]<>\"'`,;|^{}";

    /// <summary>The host in the form of <see cref="TcpAddress.Host"/>; <paramref name="text"/> is what an error quotes.</summary>
    /// <exception cref="AddressException">The text cannot be a host.</exception>
    public static string Canonical(string text, string host)
    {
        if (host == "*")
            return host;
        if (host is ['[', .., ']'])
            return CanonicalIPv6(text, host[1..^1]);
        if (host.Contains(':'))
            return CanonicalIPv6(text, host);

        if (ProblemWithName(host) is { } problem)
            throw Bad(text, problem);
        return host.ToLowerInvariant();
    }

    private static string CanonicalIPv6(string text, string literal)
    {
        var percent = literal.IndexOf('%');
        var address = percent < 0 ? literal : literal[..percent];
        // IPAddress.TryParse also accepts "[::1]:80" and resolves a scope on this machine, so it gets the bare address only.
        if (!address.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.') ||
            !IPAddress.TryParse(address, out var ip) || ip.AddressFamily != AddressFamily.InterNetworkV6)
        {
            throw Bad(text, $"{PlainText.Quote(literal)} is not an IPv6 address; brackets hold one as in [::1]:80, and nothing else");
        }
        if (ip.IsIPv4MappedToIPv6)
            return ip.MapToIPv4().ToString();
        if (percent < 0)
            return ip.ToString();

        var scope = literal[(percent + 1)..];
        if (scope.Length == 0 || PlainText.FirstUnfit(scope, Forbidden) is not null)
            throw Bad(text, $"the scope {PlainText.Quote(scope)} is not an interface; write its name or number, as in [fe80::1%eth0]:80");
        return $"{ip}%{scope}";
    }

    private static string? ProblemWithName(string name)
    {
        if (name.Length == 0)
            return "it is empty; write a name, an IP address, or * for every interface";
        if (name.Length > LongestName)
            return $"the name is {name.Length} characters long and {LongestName} is the most that a host name may have";
        if (PlainText.FirstUnfit(name, Forbidden) is { } unfit)
            return $"{PlainText.Quote(name)} holds {PlainText.Quote(unfit)}, which no host name has; remove it";
        if (name[0] == '-')
            return $"{PlainText.Quote(name)} begins with '-', as no host name does";

        var labels = (name is [.., '.'] ? name[..^1] : name).Split('.');
        if (labels.Contains(""))
            return $"{PlainText.Quote(name)} has a dot at its beginning, or two in a row";
        return IsNumber(labels[^1]) && !IsDottedQuad(name)
            ? $"{PlainText.Quote(name)} is not an IPv4 address, which is four numbers from 0 to 255 such as 127.0.0.1"
            : null;
    }

    // Resolvers read 127.1, 0x7f.1 and 2130706433 as 127.0.0.1. So a host that ends in a number is an IPv4 address or a mistake, never a
    // name. Otherwise an address would not show who can reach its listener.
    private static bool IsNumber(string label) => label.All(char.IsAsciiDigit) ||
        (label.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && label.Skip(2).All(char.IsAsciiHexDigit));

    private static bool IsDottedQuad(string name) => IPAddress.TryParse(name, out var ip) && ip.ToString() == name;

    private static AddressException Bad(string text, string problem) => new(text, "host", problem);
}
