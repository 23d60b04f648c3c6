using Zocalo.Addresses;

namespace Zocalo;

#pragma warning disable RCS1194 // There is one constructor: without a text and a part an exception could not name what is wrong.

/// <summary>
/// An address that cannot be used as written. <see cref="Exception.Message"/> is one line, safe to print, that names the wrong part and
/// says how to correct it.
/// </summary>
public sealed class AddressException : FormatException
{
    internal AddressException(string text, string part, string problem)
        : base($"bad {part} in address {PlainText.Quote(text)}: {problem}")
    {
        Text = text;
        Part = part;
    }

    /// <summary>The address as the program gave it, not escaped and not shortened.</summary>
    public string Text { get; }

    /// <summary>The part that is wrong: <c>scheme</c>, <c>host</c>, <c>port</c> or <c>path</c>.</summary>
    public string Part { get; }
}
