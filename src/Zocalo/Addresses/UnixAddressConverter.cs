namespace Zocalo.Addresses;

/// <summary>Makes the address of a Unix socket of its text, for configuration binders.</summary>
internal sealed class UnixAddressConverter() : TextConverter(static text =>
    Address.Parse(text) as UnixAddress ?? throw new AddressException(text, "scheme", "a Unix socket is wanted: unix:/path"));
