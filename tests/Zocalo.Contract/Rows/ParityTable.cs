using System.Reflection;

namespace Zocalo.Contract.Rows;

/// <summary>Every way in which the rows differ, as docs/testing.md shows it. What is not in there is the same everywhere, because the same
/// claims hold there.</summary>
internal static class ParityTable
{
    internal static string Text() => string.Join('\n',
    [
        "| what differs | where | why |",
        "|---|---|---|",
        .. Divergences().Select(divergence =>
            $"| {Words(divergence.Name)} | " +
            $"{string.Join(", ", Transports.All.Where(row => row.Has(divergence.Value)).Select(row => row.Name))} | {divergence.Value} |"),
        "",
        "| claims that a simulation leaves to the rows `in-memory`, the same network on the thread pool | because they need |",
        "|---|---|",
        .. from type in typeof(ParityTable).Assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
           let needs = method.GetCustomAttribute<ClaimAttribute>()?.Needs ?? Needs.Nothing
           where needs != Needs.Nothing
           orderby needs, type.Name, method.Name
           select $"| {Words(method.Name)} | " +
               $"{(needs == Needs.Threads ? "threads of their own" : "the garbage collector, whose time is its own")} |",
    ]);

    /// <summary>Rows and claims that the suite has, each pair a case.</summary>
    internal static int Cases() => typeof(ParityTable).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods())
        .Select(method => method.GetCustomAttribute<ClaimAttribute>())
        .Where(claim => claim is not null)
        .Sum(claim => Transports.All.Count(row => claim!.Needs == Needs.Nothing || !row.Has(Divergence.NoThreads)));

    private static IEnumerable<(string Name, Divergence Value)> Divergences() => typeof(Divergence)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (field.Name, (Divergence)field.GetValue(null)!));

    private static string Words(string name) => name.Contains('_')
        ? name.Replace('_', ' ')
        : string.Concat(name.Select((letter, at) => at > 0 && char.IsUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : $"{letter}"));
}
