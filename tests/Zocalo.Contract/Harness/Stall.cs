namespace Zocalo.Contract.Harness;

/// <summary>A send that waits for certain, until the peer reads.</summary>
internal static class Stall
{
    /// <summary>More than the kernels of both sides hold (net.ipv4.tcp_rmem and tcp_wmem: 32 and 4 MiB at most, as Linux comes).</summary>
    internal const int Bytes = 64 << 20;

    private static readonly byte[] Zeros = new byte[Bytes];

    /// <summary>Sends <see cref="Bytes"/> zeros.</summary>
    internal static Task Send(Connection connection, CancellationToken cancellationToken = default)
    {
        var sending = connection.SendAsync(Zeros, cancellationToken).AsTask();
        Assert.False(sending.IsCompleted, "the send did not wait, though nobody read");
        return sending;
    }
}
