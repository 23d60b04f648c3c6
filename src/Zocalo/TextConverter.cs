using System.ComponentModel;
using System.Globalization;

namespace Zocalo;

/// <summary>Makes a value of its text, for configuration binders, which would otherwise leave the setting out in silence.</summary>
/// <param name="parse">Throws an exception whose message says what is wrong with the text.</param>
internal abstract class TextConverter(Func<string, object> parse) : TypeConverter
{
    public sealed override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) =>
        sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    public sealed override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string text ? parse(text) : base.ConvertFrom(context, culture, value);
}
