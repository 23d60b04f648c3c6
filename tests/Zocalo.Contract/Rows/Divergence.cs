namespace Zocalo.Contract.Rows;

/// <summary>
/// Something that a transport cannot do, with the reason. A claim that meets one asserts what happens instead; nothing is skipped.
/// This is the whole list, and <see cref="Transports"/> says which row has which.
/// </summary>
public sealed class Divergence
{
    /// <summary>
    /// Closing a Unix socket shows the peer an end of file, unless bytes lay unread on the closing side: then ECONNRESET
    /// (unix(7); unix_release_sock in the kernel). So an abort looks like a FIN.
    /// </summary>
    public static readonly Divergence AbortIsSeenAsFin = new("the transport has no RST");

    /// <summary>A path or a name is what it is: there is no port to choose, and the system chooses no path.</summary>
    public static readonly Divergence NoPorts = new("addresses have no port");

    /// <summary>A client that did not bind has no name, so the server's end cannot say who it is.</summary>
    public static readonly Divergence ClientHasNoName = new("clients are unnamed");

    /// <summary>Connecting to a path where no file is fails with ENOENT; only a socket that nobody listens on refuses.</summary>
    public static readonly Divergence NobodyThereIsNoSuchFile = new("a missing file is not a refusal");

    /// <summary>Handlers run on the loop, and nobody takes it over: one that blocks its thread holds up the others there, unless the server
    /// places its handlers on the thread pool.</summary>
    public static readonly Divergence BlockingHoldsUpTheLoop = new("handlers run on the loop, which nobody takes over");

    /// <summary>A simulation is one thread in virtual time, and takes whatever leaves it for a mistake. The same network on the thread pool
    /// (the rows in-memory) takes the claims that are about threads.</summary>
    public static readonly Divergence NoThreads = new("one thread, virtual time");

    private readonly string _reason;

    private Divergence(string reason) => _reason = reason;

    public override string ToString() => _reason;
}
