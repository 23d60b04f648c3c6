using System.ComponentModel;
using System.Globalization;

namespace Zocalo.Addresses;

/// <summary>Makes the address of a Unix socket of its text, for configuration binders.</summary>
internal sealed class UnixAddressConverter : TypeConverter
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string);

    /// <exception cref="AddressException">It is no such address.</exception>
    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value)
    {
        var text = (string)value;
        return Address.Parse(text) as UnixAddress ?? throw new AddressException(text, "scheme", "a Unix socket is wanted: unix:/path");
    }
}
