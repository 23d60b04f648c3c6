namespace Zocalo.Security;

/// <summary>Why a peer is refused.</summary>
internal enum Refusal : byte
{
    /// <summary>It is not.</summary>
    None,

    /// <summary><see cref="AdmissionOptions.Deny"/> has it, or <see cref="AdmissionOptions.Allow"/> does not.</summary>
    Rules,

    /// <summary><see cref="AdmissionOptions.PerAddress"/>.</summary>
    PerAddress,

    /// <summary><see cref="AdmissionOptions.Admit"/> said so.</summary>
    Admit,

    /// <summary>It threw.</summary>
    AdmitFailed,
}

/// <summary>Decides about each peer: the rules first, which cost nothing, then its address's count, then the program's own rule.
/// Thread-safe.</summary>
internal sealed class AdmissionGate(AdmissionOptions options)
{
    private readonly AccessRules _rules = new(options.Allow, options.Deny);
    private readonly AddressCounts? _counts = options.PerAddress > 0 ? new(options.PerAddress) : null;

    /// <summary>Everybody is admitted, without a lease: nobody's address need be known.</summary>
    internal bool IsOpen => _rules.PermitEverybody && _counts is null && options.Admit is null;

    /// <param name="peer">Who connects.</param>
    /// <param name="lease">To be disposed once, when the connection has ended; null: there is nothing to dispose.</param>
    /// <param name="failure">What the program's rule threw.</param>
    internal Refusal Decide(Address peer, out IDisposable? lease, out Exception? failure)
    {
        lease = null;
        failure = null;
        var ip = AccessRules.AddressOf(peer);
        if (peer is TcpAddress && !_rules.Permit(ip))
        {
            return Refusal.Rules;
        }
        IDisposable? counted = null;
        if (_counts is not null && ip is not null && (counted = _counts.TryAdd(ip)) is null)
        {
            return Refusal.PerAddress;
        }
        if (options.Admit is null)
        {
            lease = counted;
            return Refusal.None;
        }
        var refusal = Ask(options.Admit, peer, out var own, out failure);
        if (refusal != Refusal.None)
        {
            counted?.Dispose();
            return refusal;
        }
        lease = counted is null ? own : new BothLeases(counted, own!);
        return Refusal.None;
    }

    private static Refusal Ask(Admission admit, Address peer, out IDisposable? lease, out Exception? failure)
    {
        lease = null;
        failure = null;
        try
        {
            lease = admit(peer);
            return lease is null ? Refusal.Admit : Refusal.None;
        }
        catch (Exception error)
        {
            failure = error;
            return Refusal.AdmitFailed;
        }
    }

    private sealed class BothLeases(IDisposable counted, IDisposable own) : IDisposable
    {
        public void Dispose()
        {
            counted.Dispose();      // ours first: it does not throw
            own.Dispose();
        }
    }
}
