using static Zocalo.Contract.Rows.Divergence;
using Row = Zocalo.Contract.Rows.Transport.Row;

namespace Zocalo.Contract.Rows;

/// <summary>
/// The rows of the contract: every engine over every kind of address that it has. A new engine is one line in <see cref="All"/>.
/// Without <c>ZOCALO_THOROUGH=1</c> in the environment some of them run, one or two for each engine, and on a noisy one only the claims
/// about races. <c>ZOCALO_ROWS=name</c> leaves one engine's rows, <c>ZOCALO_ROWS=name/address</c> one row.
/// </summary>
internal static class Transports
{
    internal const string RowsVariable = "ZOCALO_ROWS";

    internal static readonly Transport[] All =
    [
        .. OverSockets("async", () => Engine.Async),
        .. OverSockets("threads", () => Engine.Threads),
        .. OverSockets("select", () => Engine.Select, BlockingHoldsUpTheLoop),
        .. OverSockets("epoll", () => Engine.Epoll),
        WithNoise("noisy-async", () => Engine.Async),
        WithNoise("noisy-epoll", () => Engine.Epoll),
        .. InMemory("in-memory", SimulatedHost.OnThreadPool, null),
        .. InMemory(
            "simulated",
            () => throw new InvalidOperationException("Each claim has a network of its own."),
            () => new SimulatedNetwork(Chance.Seed())),
    ];

    // The other rows differ from these in the address only.
    private static readonly string[] OfEveryRun =
        ["async/tcp4", "threads/unix", "select/abstract", "epoll/tcp4", "noisy-epoll/tcp4", "simulated/tcp4"];

    /// <summary>Noisy rows have every claim, and not only those about races.</summary>
    internal static bool AreComplete { get; } = Thorough.IsOn || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(RowsVariable));

    internal static IReadOnlyList<Transport> Chosen { get; } = Choose(Environment.GetEnvironmentVariable(RowsVariable));

    internal static Transport ByName(string name) => All.Single(row => row.Name == name);

    private static IEnumerable<Transport> OverSockets(string engine, Func<Engine> get, params Divergence[] more)
    {
        yield return new(new Row($"{engine}/tcp4", get, _ => "tcp://127.0.0.1:0", more) { Acknowledges = true });
        yield return new(new Row($"{engine}/tcp6", get, _ => "tcp://[::1]:0", more)
        {
            Acknowledges = true,
            Missing = Machine.HasIPv6 ? null : "this machine has no IPv6",
        });
        yield return new(new Row($"{engine}/unix", get, path => new UnixAddress(path),
            [.. more, AbortIsSeenAsFin, NoPorts, ClientHasNoName, NobodyThereIsNoSuchFile]));
        if (OperatingSystem.IsLinux())
        {
            yield return new(
                new Row($"{engine}/abstract", get, UnixAddress.Abstract, [.. more, AbortIsSeenAsFin, NoPorts, ClientHasNoName]));
        }
    }

    private static Transport WithNoise(string name, Func<Engine> get) =>
        new(new Row($"{name}/tcp4", () => new NoisyEngine(name, get()), _ => "tcp://127.0.0.1:0") { Acknowledges = true, IsNoisy = true });

    /// <summary>Streams at Unix addresses follow TCP's rules there.</summary>
    private static IEnumerable<Transport> InMemory(string engine, Func<Engine> make, Func<SimulatedNetwork>? network)
    {
        Divergence[] ofAll = network is null ? [] : [NoThreads];
        yield return new(new Row($"{engine}/tcp4", make, _ => "tcp://127.0.0.1:0", ofAll) { NewNetwork = network });
        yield return new(new Row($"{engine}/tcp6", make, _ => "tcp://[::1]:0", ofAll) { NewNetwork = network });
        yield return new(new Row($"{engine}/unix", make, path => new UnixAddress(path),
            [.. ofAll, NoPorts, ClientHasNoName, NobodyThereIsNoSuchFile]) { NewNetwork = network });
    }

    private static Transport[] Choose(string? engine)
    {
        if (string.IsNullOrEmpty(engine))
        {
            return Thorough.IsOn ? All : [.. All.Where(row => OfEveryRun.Contains(row.Name))];
        }
        var chosen = All.Where(row => row.EngineName.Equals(engine, StringComparison.OrdinalIgnoreCase)
            || row.Name.Equals(engine, StringComparison.OrdinalIgnoreCase)).ToArray();
        return chosen.Length > 0
            ? chosen
            : throw new InvalidOperationException(
                $"{RowsVariable} is '{engine}'; " +
                $"the contract has rows for {string.Join(", ", All.Select(row => row.EngineName).Distinct())}.");
    }
}
