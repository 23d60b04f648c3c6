namespace Zocalo.Messaging;

/// <summary>Sends a ping, if the peer takes messages: while others wait for room, it is left out.</summary>
/// <param name="outbox">The connection's.</param>
/// <param name="frame">As on the wire.</param>
internal sealed class Ping(Outbox outbox, Frame frame) : IThreadPoolWorkItem
{
    public void Execute() => outbox.SendIfPossible(new(frame, IsEncoded: true));
}
