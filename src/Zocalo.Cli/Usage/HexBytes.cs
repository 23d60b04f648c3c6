namespace Zocalo.Cli;

/// <summary>Bytes as people write them in hexadecimal: <c>0d0a</c>, or <c>0d 0a</c> as a dump shows them.</summary>
internal static class HexBytes
{
    /// <returns>False when there is something else than pairs of digits and blanks.</returns>
    public static bool TryParse(string text, out byte[] bytes)
    {
        try
        {
            bytes = Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));
            return true;
        }
        catch (FormatException)
        {
            bytes = [];
            return false;
        }
    }
}
