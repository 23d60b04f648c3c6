namespace Zocalo.Contract.Harness;

/// <summary>A send that waits for certain, until the peer reads.</summary>
internal static class Stall
{
    /// <summary>
    /// More than the kernels of both sides hold while nobody reads: twice the largest send buffer. The receive buffer stays small until
    /// something is read (tcp(7), tcp_moderate_rcvbuf).
    /// </summary>
    internal static readonly int Bytes = 2 * Largest("tcp_wmem", asLinuxComes: 4 << 20);

    /// <summary>More than they hold when the peer has read before: its receive buffer may have grown to the largest.</summary>
    internal static readonly int BytesAfterReading = Bytes + Largest("tcp_rmem", asLinuxComes: 32 << 20);

    private static readonly byte[] s_zeros = new byte[Bytes];
    private static readonly Lazy<byte[]> s_more = new(() => new byte[BytesAfterReading]);

    /// <summary>Sends <see cref="Bytes"/> zeros.</summary>
    internal static Task Send(Connection connection, CancellationToken cancellationToken = default) =>
        Send(connection, s_zeros, cancellationToken);

    /// <summary>Sends <see cref="BytesAfterReading"/> zeros.</summary>
    internal static Task SendAfterReading(Connection connection) => Send(connection, s_more.Value, default);

    private static Task Send(Connection connection, byte[] bytes, CancellationToken cancellationToken)
    {
        var sending = connection.SendAsync(bytes, cancellationToken).AsTask();
        Assert.False(sending.IsCompleted, "the send did not wait, though nobody read");
        return sending;
    }

    /// <summary>The last of the setting's three numbers: least, default, largest.</summary>
    private static int Largest(string setting, int asLinuxComes)
    {
        var file = $"/proc/sys/net/ipv4/{setting}";
        return File.Exists(file) ? Math.Max(asLinuxComes, int.Parse(File.ReadAllText(file).Split()[^2])) : asLinuxComes;
    }
}
