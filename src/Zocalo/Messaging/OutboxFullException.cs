namespace Zocalo;

/// <summary>A message was not sent, no byte of it: the peer takes less than it is sent, and the policy is <see cref="OutboxPolicy.Fail"/>.
/// The connection is whole.</summary>
public sealed class OutboxFullException : IOException
{
    internal OutboxFullException(long waiting, long capacity)
        : base(
            $"The outbox is full: {waiting} bytes wait for the peer, OutboxCapacity is {capacity}. " +
            "Send less, allow more, or let the policy be Wait.")
    {
    }
}
