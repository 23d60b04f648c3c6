using System.ComponentModel;
using System.Globalization;

namespace Zocalo.Buffers;

/// <summary>Makes a budget of a number of bytes, for configuration binders, which would otherwise leave the setting out in
/// silence.</summary>
internal sealed class BufferBudgetConverter : TypeConverter
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) =>
        sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    /// <exception cref="FormatException">It is not a number of bytes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It is too small.</exception>
    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) => value is string text
        ? new BufferBudget(long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture))
        : base.ConvertFrom(context, culture, value);
}
