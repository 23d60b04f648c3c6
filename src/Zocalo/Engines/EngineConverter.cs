using System.ComponentModel;
using System.Globalization;

namespace Zocalo.Engines;

/// <summary>
/// Makes an engine of its name, for configuration binders, which would otherwise leave the setting out in silence. An engine that cannot
/// run here is refused: a converter has nowhere to say that another one took its place.
/// </summary>
internal sealed class EngineConverter : TypeConverter
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) =>
        sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    /// <exception cref="FormatException">There is no such engine, or it cannot run here; the message is what <see cref="Engine.TryChoose"/>
    /// says.</exception>
    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value)
    {
        if (value is not string choice)
        {
            return base.ConvertFrom(context, culture, value);
        }
        return EngineList.TryFind(EngineList.Split(choice).Name, out var engine, out var reason)
            ? engine
            : throw new FormatException(reason);
    }
}
