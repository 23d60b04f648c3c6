namespace Zocalo;

/// <summary>The result of sending one message to many peers. Each peer is counted once.</summary>
/// <param name="Sent">Peers whose connection accepted it.</param>
/// <param name="Full">Peers that were too slow and do not get it: <see cref="OutboxPolicy.Fail"/>.</param>
/// <param name="Cut">Peers that were too slow and whose connection is cut: <see cref="OutboxPolicy.Disconnect"/>.</param>
/// <param name="Gone">Peers whose connection was closing, or broke while the message waited.</param>
public readonly record struct BroadcastResult(int Sent, int Full, int Cut, int Gone)
{
    /// <summary>Peers that do not get it.</summary>
    public int Missed => Full + Cut + Gone;
}
