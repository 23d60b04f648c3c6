namespace Zocalo;

/// <summary>What a send does when <see cref="MessagingOptions.OutboxCapacity"/> is reached, because the peer takes messages more slowly
/// than they are sent.</summary>
public enum OutboxPolicy
{
    /// <summary>The send waits. Waiting sends keep the order of the calls.</summary>
    Wait,

    /// <summary>The send fails with <see cref="OutboxFullException"/>; nothing of the message is sent.</summary>
    Fail,

    /// <summary>The connection is cut with <see cref="EndReason.LimitExceeded"/>.</summary>
    Disconnect,
}
