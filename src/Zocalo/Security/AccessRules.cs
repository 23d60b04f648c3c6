using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Zocalo.Addresses;

namespace Zocalo.Security;

/// <summary>Which IP addresses may connect: deny wins, and a list of who is allowed leaves everybody else out. Immutable.</summary>
internal sealed class AccessRules(IEnumerable<string> allow, IEnumerable<string> deny)
{
    private const int MappedBits = 96;      // ::ffff:0:0/96 (RFC 4291 §2.5.5.2)

    private readonly IPNetwork[] _allow = [.. allow.Select(Parse)];
    private readonly IPNetwork[] _deny = [.. deny.Select(Parse)];

    /// <summary>There are no rules.</summary>
    internal bool PermitEverybody => _allow.Length == 0 && _deny.Length == 0;

    /// <param name="address">Null, when the peer has no IP address: then only an empty list of who is allowed permits it.</param>
    internal bool Permit(IPAddress? address) => address is null
        ? _allow.Length == 0
        : !Has(_deny, address) && (_allow.Length == 0 || Has(_allow, address));

    /// <summary>Reads a network in CIDR form (RFC 4632, RFC 4291), or one address. An IPv4 network mapped into IPv6 is the IPv4
    /// network.</summary>
    /// <exception cref="FormatException">It is neither; the message says what is wrong.</exception>
    internal static IPNetwork Parse(string text)
    {
        var slash = text.IndexOf('/');
        var bits = 0;
        if (!IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address)
            || (slash >= 0 && !int.TryParse(text[(slash + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out bits)))
        {
            throw Malformed(text, "write a network such as 192.0.2.0/24 or 2001:db8::/32, or one address");
        }
        var most = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        bits = slash < 0 ? most : bits;
        if (bits < 0 || bits > most)
        {
            throw Malformed(text, $"the number of bits must be 0 to {most}");
        }
        // IPNetwork takes it, as the network around the address. In a rule it is rather a slip, of which nobody would hear.
        if (FirstBits(address, bits) is var first && !first.Equals(address))
        {
            throw Malformed(text, $"the address has bits behind the first {bits}; write {first}/{bits}, or /{most} for the one address");
        }
        return Unmapped(new IPNetwork(address, bits));
    }

    /// <summary>The same address, as IPv4 if it is mapped into IPv6, without a scope.</summary>
    internal static IPAddress? AddressOf(Address peer) => (peer as TcpAddress)?.Literal is { } ip
        ? ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip
        : null;

    private static bool Has(IPNetwork[] networks, IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }
        return false;
    }

    private static IPNetwork Unmapped(IPNetwork network) => network.BaseAddress.IsIPv4MappedToIPv6 && network.PrefixLength >= MappedBits
        ? new IPNetwork(network.BaseAddress.MapToIPv4(), network.PrefixLength - MappedBits)
        : network;

    private static IPAddress FirstBits(IPAddress address, int bits)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(bits - (8 * i), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }
        return new IPAddress(bytes);
    }

    private static FormatException Malformed(string text, string cure) => new($"{PlainText.Quote(text)} is not a network: {cure}.");
}
