namespace Zocalo;

/// <summary>What became of a message that was sent to many. Each of them is counted once.</summary>
/// <param name="Sent">Peers whose connection accepted it.</param>
/// <param name="Full">Peers that were too slow and are left out: <see cref="OutboxPolicy.Fail"/>.</param>
/// <param name="Cut">Peers that were too slow and are cut: <see cref="OutboxPolicy.Disconnect"/>.</param>
/// <param name="Gone">Peers that were leaving, or whose connection broke while the message waited.</param>
public readonly record struct BroadcastResult(int Sent, int Full, int Cut, int Gone)
{
    /// <summary>Peers that do not get it.</summary>
    public int Missed => Full + Cut + Gone;
}
