using System.Diagnostics;

namespace Zocalo.Telemetry;

/// <summary>
/// The name of a handler as its author knows it. For lambdas and local functions, and for the classes that hold them, the compiler makes up
/// names.
/// </summary>
internal static class HandlerName
{
    private const string LocalFunction = ">g__";        // Roslyn's GeneratedNameKind: <Outer>g__Local|1_0, and <Outer>b__1_0 for a lambda

    /// <returns><c>Orders.ServeAsync</c>, <c>a lambda in Orders.Main</c>, <c>ServeAsync in Orders.Main</c>.</returns>
    internal static string Of(Delegate handler)
    {
        if (DiagnosticMethodInfo.Create(handler) is not { } method)
        {
            return "(unknown)";         // the program was published without its names
        }
        var type = TypeName(method.DeclaringTypeName ?? "");
        if (!method.Name.StartsWith('<'))
        {
            return $"{type}.{method.Name}";
        }
        var outer = method.Name.TrimStart('<').Split('>')[0];       // top-level statements are <<Main>$>
        var local = method.Name.IndexOf(LocalFunction, StringComparison.Ordinal);
        return $"{(local < 0 ? "a lambda" : method.Name[(local + LocalFunction.Length)..].Split('|')[0])} in {type}.{outer}";
    }

    /// <summary>The innermost class with a name that its author wrote, without namespace and type parameters.</summary>
    private static string TypeName(string full)
    {
        var written = full.Split('+').TakeWhile(static part => !part.StartsWith('<')).LastOrDefault() ?? "";
        return written[(written.LastIndexOf('.') + 1)..].Split('`', '[')[0];
    }
}
