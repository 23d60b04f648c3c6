using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using Zocalo.Addresses;

namespace Zocalo;

/// <summary>
/// Where a socket listens or connects: a <see cref="TcpAddress"/> or a <see cref="UnixAddress"/>. Immutable, compared by value.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Written</term><description>Means</description></listheader>
/// <item><term><c>tcp://host:port</c>, <c>host:port</c></term><description>TCP, by a name or an IPv4 address</description></item>
/// <item><term><c>[::1]:80</c>, <c>[fe80::1%eth0]:80</c></term><description>TCP, by an IPv6 address</description></item>
/// <item><term><c>:8080</c></term><description>TCP on 127.0.0.1: this machine only</description></item>
/// <item><term><c>*:80</c></term><description>TCP on every interface, IPv6 and IPv4</description></item>
/// <item><term><c>localhost:http</c></term><description>a service name stands for its port</description></item>
/// <item><term><c>unix:/path</c>, <c>unix:relative/path</c></term><description>a Unix domain socket in the file system</description></item>
/// <item><term><c>unix:@name</c></term><description>a Unix domain socket in Linux's abstract name space</description></item>
/// </list>
/// With port 0 a listener gets any free port. A scheme may be in upper or lower case.
/// </remarks>
[TypeConverter(typeof(AddressConverter))]
public abstract class Address : IEquatable<Address>
{
    // The kinds of address are a closed set, because EndPoints has to know every one.
    private protected Address()
    {
    }

    /// <summary>Who can reach a listener that is bound to this address.</summary>
    public abstract Reach Reach { get; }

    /// <summary>Reads an address in one of the forms listed at <see cref="Address"/>.</summary>
    /// <exception cref="AddressException">The text is not an address; the message names the part that is wrong.</exception>
    public static Address Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return AddressParser.Parse(text);
    }

    /// <summary>Reads an address, or says in one line what is wrong with it. Null is not an address.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Address? address, [NotNullWhen(false)] out string? error)
    {
        try
        {
            address = AddressParser.Parse(text ?? "");
            error = null;
            return true;
        }
        catch (AddressException e)
        {
            address = null;
            error = e.Message;
            return false;
        }
    }

    /// <summary>Reads an address as <see cref="Parse"/> does, so that a string can be passed as an address.</summary>
    /// <exception cref="AddressException">The text is not an address; the message names the part that is wrong.</exception>
    public static implicit operator Address(string text) => Parse(text);

    /// <summary>Whether both are the same address. Two nulls are equal.</summary>
    public static bool operator ==(Address? left, Address? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether they are different addresses.</summary>
    public static bool operator !=(Address? left, Address? right) => !(left == right);

    /// <summary>
    /// The canonical form, such as <c>tcp://127.0.0.1:5346</c>, <c>tcp://[::1]:80</c>, <c>tcp://*:80</c>, <c>unix:/path</c> or
    /// <c>unix:@name</c>: it parses back to an equal address and is safe to print.
    /// </summary>
    public abstract override string ToString();

    /// <summary>Whether <paramref name="other"/> is of the same kind and has the same value. Names are not resolved.</summary>
    public abstract bool Equals(Address? other);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as Address);

    /// <inheritdoc/>
    public abstract override int GetHashCode();
}
