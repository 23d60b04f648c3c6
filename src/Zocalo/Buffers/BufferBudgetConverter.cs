using System.Globalization;

namespace Zocalo.Buffers;

/// <summary>Makes a budget of a number of bytes, for configuration binders.</summary>
internal sealed class BufferBudgetConverter() : TextConverter(static text =>
    new BufferBudget(long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)));
