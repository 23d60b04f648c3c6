using System.Globalization;
using System.Net;

namespace Zocalo.Addresses;

/// <summary>
/// Text to <see cref="Address"/>. A new kind of address is one case in <see cref="Parse"/>, one type, and one case in
/// <see cref="EndPoints"/>.
/// </summary>
internal static class AddressParser
{
    private const string Cure = "write tcp://host:port, host:port, :port for this machine only, *:port for every interface, or unix:/path";

    /// <summary>Reads the scheme and hands what follows to the kind of address that it names.</summary>
    /// <exception cref="AddressException">The text is not an address.</exception>
    public static Address Parse(string text)
    {
        if (text is ['/' or '.' or '@' or '~', ..])
            throw Bad(text, "scheme", "it is missing before what looks like a path; a Unix socket is written unix:/path or unix:@name");

        var colon = text.IndexOf(':');
        var scheme = colon < 0 ? "" : text[..colon];
        var rest = text[(colon + 1)..];
        switch (scheme.ToLowerInvariant())
        {
            case "tcp" when rest.StartsWith("//", StringComparison.Ordinal):
                return Tcp(text, rest[2..]);
            case "tcp":
                throw Bad(text, "scheme", "tcp: is followed by two slashes; write tcp://host:port");
            case "unix":
                return Unix(text, rest);
            case "tls" or "udp" or "pipe" or "shm":
                throw Bad(text, "scheme", $"{scheme}: addresses are not supported by this version of Zocalo yet; use tcp:// or unix:");
            case var other when rest.StartsWith("//", StringComparison.Ordinal):
                throw Bad(text, "scheme", $"{PlainText.Quote(scheme)} is not a scheme that Zocalo knows; {CureFor(other)}");
            default:
                return Tcp(text, text);
        }
    }

    private static TcpAddress Tcp(string text, string rest)
    {
        if (rest.Length == 0)
            throw Bad(text, "host", $"it is empty; {Cure}");
        if (rest.IndexOf('/') is >= 0 and var slash)
            throw Bad(text, "path", $"a tcp address ends with its port; remove {PlainText.Quote(rest[slash..])}");

        var (host, port) = rest[0] == '[' ? SplitAfterBracket(text, rest) : SplitAtColon(text, rest);
        if (port.Length == 0)
            throw Bad(text, "port", "it is missing; write host:port, or :port for this machine only");
        host = host.Length == 0 ? "127.0.0.1" : HostSyntax.Canonical(text, host);
        return new TcpAddress(host, Port(text, port));
    }

    private static (string Host, string Port) SplitAfterBracket(string text, string rest)
    {
        var bracket = rest.IndexOf(']');
        if (bracket < 0)
            throw Bad(text, "host", "its bracket is not closed; write an IPv6 address and its port as [::1]:80");
        var (host, port) = (rest[..(bracket + 1)], rest[(bracket + 1)..]);
        if (port.Length > 0 && port[0] != ':')
            throw Bad(text, "port", $"{PlainText.Quote(port)} follows the bracket without a colon; write it as [::1]:80");
        return (host, port.Length == 0 ? "" : port[1..]);
    }

    private static (string Host, string Port) SplitAtColon(string text, string rest)
    {
        var colon = rest.IndexOf(':');
        if (colon != rest.LastIndexOf(':'))
            throw Bad(text, "host", "there is more than one colon; an IPv6 address stands in brackets, as in [::1]:80");
        return colon < 0 ? (rest, "") : (rest[..colon], rest[(colon + 1)..]);
    }

    private static int Port(string text, string port)
    {
        if (!port.All(char.IsAsciiDigit))
        {
            return ServiceNames.PortOf(port) ?? throw Bad(text, "port",
                $"{PlainText.Quote(port)} is neither a number from 0 to 65535 nor a service in {ServiceNames.FilePath}; write a number");
        }
        return ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Bad(text, "port", $"{PlainText.Quote(port)} is more than {IPEndPoint.MaxPort}, the highest port there is");
    }

    private static UnixAddress Unix(string text, string rest)
    {
        if (rest == UnixAddress.UnnamedText)
            return UnixAddress.Unnamed;
        if (rest is ['@', ..])
            return new UnixAddress(text, rest[1..], isAbstract: true);
        // unix:///path is a URL without an authority. In unix://path the authority would be "path", which is certainly a mistake.
        if (rest is ['/', '/'] or ['/', '/', not '/', ..])
            throw Bad(text, "path", "two slashes begin a host name, which a Unix socket has not; write unix:/path or unix:relative/path");
        return new UnixAddress(text, rest, isAbstract: false);
    }

    private static string CureFor(string scheme)
    {
        string[] supported = ["tcp", "unix"];
        return supported.FirstOrDefault(s => Spelling.IsOneSlipApart(scheme, s)) switch
        {
            "tcp" => "did you mean tcp://?",
            "unix" => "did you mean unix:/path?",
            _ => Cure,
        };
    }

    private static AddressException Bad(string text, string part, string problem) => new(text, part, problem);
}
