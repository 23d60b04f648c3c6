using System.ComponentModel;
using System.Globalization;

namespace Zocalo.Addresses;

/// <summary>Reads an address for configuration binders.</summary>
internal sealed class AddressConverter : TypeConverter
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) =>
        sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    /// <exception cref="AddressException">The text is not an address; the message names the part that is wrong.</exception>
    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string text ? Address.Parse(text) : base.ConvertFrom(context, culture, value);
}
