namespace Zocalo.Cli;

/// <summary>What the library says about a value that it refuses, without the name of its own parameter: that means nothing to a person at a
/// shell.</summary>
internal static class ArgumentMessage
{
    public static string WithoutParameter(this ArgumentException refused)
    {
        int name = refused.Message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return name < 0 ? refused.Message : refused.Message[..name];
    }
}
