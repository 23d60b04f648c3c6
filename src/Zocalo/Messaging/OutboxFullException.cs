namespace Zocalo;

/// <summary>No byte of the message was sent: the peer takes messages more slowly than they are sent, and the policy is
/// <see cref="OutboxPolicy.Fail"/>. The connection is not affected.</summary>
public sealed class OutboxFullException : IOException
{
    internal OutboxFullException(long waiting, long capacity)
        : base(
            $"The outbox is full: {waiting} bytes wait for the peer, OutboxCapacity is {capacity}. " +
            "Send less, allow more, or let the policy be Wait.")
    {
    }
}
