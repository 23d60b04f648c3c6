using Zocalo.Addresses;

namespace Zocalo;

#pragma warning disable RCS1194 // An exception without a text and a part could not name what is wrong: there is one constructor.

/// <summary>
/// An address that cannot be used as written. <see cref="Exception.Message"/> is one line, safe to print, that names the part that is
/// wrong and says how to cure it.
/// </summary>
public sealed class AddressException : FormatException
{
    internal AddressException(string text, string part, string problem)
        : base($"bad {part} in address {PlainText.Quote(text)}: {problem}")
    {
        Text = text;
        Part = part;
    }

    /// <summary>The address as it was given: not escaped, not shortened.</summary>
    public string Text { get; }

    /// <summary>The part that is wrong: <c>scheme</c>, <c>host</c>, <c>port</c> or <c>path</c>.</summary>
    public string Part { get; }
}
