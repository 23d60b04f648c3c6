using Zocalo.Telemetry;

namespace Zocalo.Serving;

/// <summary>What the connections that have ended add up to. Used under the lock of <see cref="ServedConnections"/>.</summary>
internal sealed class ServedTotals
{
    private readonly long[] _byReason = new long[Reasons.Length];
    private long _received;
    private long _sent;

    /// <summary>Every reason, in its order; they are numbered from 0 on.</summary>
    internal static EndReason[] Reasons { get; } = Enum.GetValues<EndReason>();

    internal Traffic Bytes => new(_received, _sent, 0);

    internal void Add(ConnectionEnd end)
    {
        _byReason[(int)end.Reason]++;
        AddBytes(end.BytesReceived, end.BytesSent);
    }

    internal void AddBytes(long received, long sent) => (_received, _sent) = (_received + received, _sent + sent);

    /// <summary>How many ended with each of <see cref="Reasons"/>.</summary>
    internal long[] CopyByReason() => [.. _byReason];
}
