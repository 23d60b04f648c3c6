using Xunit.Sdk;

namespace Zocalo.Contract.Rows;

/// <summary>One row of the contract: an engine over one kind of address. Reports show its name.</summary>
public sealed class Transport : IXunitSerializable
{
    private Row _row;

    /// <summary>For xunit, which fills it in by <see cref="Deserialize"/>.</summary>
    [Obsolete("For xunit only.", error: true)]
    public Transport() => _row = null!;

    internal Transport(Row row) => _row = row;

    /// <summary>The engine's name and the kind of address, such as <c>async/tcp4</c>.</summary>
    public string Name => _row.Name;

    internal string EngineName => Name[..Name.IndexOf('/')];

    /// <summary>Why this machine cannot run the row; null when it can.</summary>
    internal string? Missing => _row.Missing;

    internal bool Acknowledges => _row.Acknowledges;

    /// <summary>The engine has <see cref="Noise"/>.</summary>
    internal bool IsNoisy => _row.IsNoisy;

    /// <summary>Whether the row cannot do this.</summary>
    internal bool Has(Divergence divergence) => _row.Divergences.Contains(divergence);

    /// <summary>How often a claim with <see cref="ClaimAttribute.Races"/> runs its race.</summary>
    /// <param name="otherwise">The same where no noise widens its windows.</param>
    internal int Times(int otherwise) => IsNoisy ? Thorough.TimesWithNoise : otherwise;

    /// <summary>A corner of the network for one claim. On a simulated row the caller becomes a part of the simulation: so this must be
    /// called by the claim itself.</summary>
    internal Site NewSite() => _row.NewNetwork?.Invoke() is { } network
        ? new(this, network.Host("here"), _row.NewAddress, network)
        : new(this, _row.NewEngine(), _row.NewAddress);

    /// <summary>A client and the server's end of it, on a site of their own. As <see cref="NewSite"/> otherwise.</summary>
    internal Task<Pair> ConnectAsync(ConnectionOptions? both = null, TimeProvider? time = null) => Pair.OnAsync(NewSite(), both, time);

    public override string ToString() => Name;

    public void Serialize(IXunitSerializationInfo info) => info.AddValue(nameof(Name), Name);

    public void Deserialize(IXunitSerializationInfo info) => _row = Transports.ByName(info.GetValue<string>(nameof(Name))!)._row;

    /// <param name="Name">See <see cref="Transport.Name"/>.</param>
    /// <param name="NewEngine">Gives the engine, or a new one where each claim wants a network of its own.</param>
    /// <param name="NewAddress">Gives an address to listen on that nobody else uses; handed a fresh path in a directory that
    /// exists.</param>
    /// <param name="Divergences">What this row cannot do.</param>
    internal sealed record Row(string Name, Func<Engine> NewEngine, Func<string, Address> NewAddress, params Divergence[] Divergences)
    {
        internal string? Missing { get; init; }

        /// <summary>Makes the simulation in which the row runs; null for the real world.</summary>
        internal Func<SimulatedNetwork>? NewNetwork { get; init; }

        /// <summary>Bytes that the kernel took are on their way until they are acknowledged. Elsewhere they are at once in the peer's
        /// queue.</summary>
        internal bool Acknowledges { get; init; }

        internal bool IsNoisy { get; init; }
    }
}
