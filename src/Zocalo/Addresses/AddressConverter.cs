namespace Zocalo.Addresses;

/// <summary>Reads an address for configuration binders.</summary>
internal sealed class AddressConverter() : TextConverter(Address.Parse);
