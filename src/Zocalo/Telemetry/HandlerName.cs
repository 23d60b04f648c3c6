using System.Diagnostics;

namespace Zocalo.Telemetry;

/// <summary>
/// What a handler is called where its author wrote it: the compiler gives lambdas and local functions, and the classes they live in,
/// names that nobody wrote.
/// </summary>
internal static class HandlerName
{
    private const string LocalFunction = ">g__";        // Roslyn's GeneratedNameKind: <Outer>g__Local|1_0, and <Outer>b__1_0 for a lambda

    /// <returns><c>Orders.ServeAsync</c>, <c>a lambda in Orders.Main</c>, <c>ServeAsync in Orders.Main</c>.</returns>
    internal static string Of(Delegate handler)
    {
        if (DiagnosticMethodInfo.Create(handler) is not { } method)
        {
            return "(unknown)";         // a program that was published without its names
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

    /// <summary>The innermost class that has a name of its author's, without namespace and type parameters.</summary>
    private static string TypeName(string full)
    {
        var written = full.Split('+').TakeWhile(static part => !part.StartsWith('<')).LastOrDefault() ?? "";
        return written[(written.LastIndexOf('.') + 1)..].Split('`', '[')[0];
    }
}
